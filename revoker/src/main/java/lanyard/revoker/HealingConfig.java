package lanyard.revoker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What the conductor's own API is asked, where there is one, and how far it is believed against what was told on the bus. */
@ConfigMapping(prefix = "lanyard.conductor")
public interface HealingConfig {
    /** For how long it must say that a cluster lives of which a deletion was told, for that to count as false. */
    @WithDefault("3m")
    Duration refuteAfter();

    /** How long a revocation waits for an API that does not answer, before it goes on without having asked. */
    @WithDefault("10m")
    Duration patience();

    /** How often its list is compared with the clusters that are known; {@code 0} never. */
    @WithDefault("30m")
    Duration interval();

    /** How long a cluster must exist without a credential, or be missing from the list, before something is done about it. */
    @WithDefault("1h")
    Duration grace();

    /** How much of all living clusters may be missing from the list, from 0 to 1, for that to be believed. 1 is without bound. */
    @WithDefault("0.1")
    double share();

    /** What the pure core goes by when it compares. */
    default Comparison.Rules comparing() {
        if (!(share() >= 0 && share() <= 1)) {
            throw new IllegalArgumentException(
                    "lanyard.conductor.share is %s: it must be from 0 to 1".formatted(share()));
        }
        return new Comparison.Rules(grace(), share());
    }
}
