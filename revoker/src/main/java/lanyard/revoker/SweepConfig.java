package lanyard.revoker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What may be removed from Keystone because it belongs to no living cluster, and when. */
@ConfigMapping(prefix = "lanyard.sweep")
public interface SweepConfig {
    /** How often Keystone is swept; {@code 0} leaves it to requests. */
    @WithDefault("1h")
    Duration interval();

    /** How long something must be known as an orphan before it is removed. */
    @WithDefault("24h")
    Duration grace();

    /**
     * How much of all that is Lanyard's in Keystone may be orphans, from 0 to 1, for any of it to be removed. 1 is without bound, also
     * where no living cluster is known.
     */
    @WithDefault("0.1")
    double share();

    /** What the pure core goes by. */
    default Sweep.Rules rules() {
        if (grace().isNegative() || grace().isZero()) {
            throw new IllegalArgumentException(
                    "lanyard.sweep.grace is %s: it must be longer than nothing".formatted(grace()));
        }
        if (!(share() >= 0 && share() <= 1)) {
            throw new IllegalArgumentException("lanyard.sweep.share is %s: it must be from 0 to 1".formatted(share()));
        }
        return new Sweep.Rules(grace(), share());
    }
}
