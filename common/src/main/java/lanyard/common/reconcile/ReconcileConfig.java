package lanyard.common.reconcile;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the reconcile loop works. */
@ConfigMapping(prefix = "lanyard.reconcile")
public interface ReconcileConfig {
    /** How many clusters one replica works on at a time. */
    @WithDefault("8")
    int concurrency();

    /**
     * How long a claimed row is a worker's own, at least two minutes. One that stands still, or is cut off, leaves its row to the
     * others after this time; one that was killed, long before.
     */
    @WithDefault("3m")
    Duration lease();

    /** How often a replica looks for due rows when nothing wakes it. */
    @WithDefault("2s")
    Duration interval();

    /** The wait after the first failed attempt; it doubles with each further one, less a random half. */
    @WithDefault("1s")
    Duration firstRetry();

    /** The longest wait between two attempts. */
    @WithDefault("5m")
    Duration longestRetry();

    /** The waits between attempts. */
    default Backoff backoff() {
        return new Backoff(firstRetry(), longestRetry());
    }
}
