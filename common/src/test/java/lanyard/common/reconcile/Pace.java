package lanyard.common.reconcile;

import java.time.Duration;

/** The reconcile loop's settings, as a test wants them. */
record Pace(int concurrency, Duration lease, Duration interval, Duration firstRetry, Duration longestRetry)
        implements ReconcileConfig {
    Pace(int concurrency, Duration lease, Duration interval) {
        this(concurrency, lease, interval, Duration.ofMillis(20), Duration.ofMillis(100));
    }
}
