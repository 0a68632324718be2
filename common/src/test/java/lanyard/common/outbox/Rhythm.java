package lanyard.common.outbox;

import java.time.Duration;

/** The outbox's settings, as a test wants them. */
record Rhythm(int batch, Duration interval, Duration claim, Duration retention) implements OutboxConfig {
    /** So slow that nothing is published by looking at an interval in a test's time. */
    static final Rhythm ONLY_WHEN_WOKEN =
            new Rhythm(500, Duration.ofHours(1), Duration.ofMinutes(1), Duration.ofHours(24));

    /** For relays that are stepped by hand. */
    static Rhythm inBatchesOf(int messages) {
        return new Rhythm(messages, Duration.ofMillis(50), Duration.ofMinutes(1), Duration.ofHours(24));
    }
}
