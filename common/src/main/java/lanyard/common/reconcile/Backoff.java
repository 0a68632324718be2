package lanyard.common.reconcile;

import java.time.Duration;

/**
 * How long to wait before the next attempt: doubling from {@code first} up to {@code longest}, of which a random half is taken
 * off, so that what failed together does not come back together.
 */
public record Backoff(Duration first, Duration longest) {
    /**
     * @param attempts made so far, from 1
     * @param random from 0 (inclusive) to 1 (exclusive)
     */
    public Duration after(int attempts, double random) {
        var doublings = Math.clamp(attempts - 1L, 0, 30);
        var millis = Math.min(first.toMillis() << doublings, longest.toMillis());
        return Duration.ofMillis((long) (millis * (1 - random / 2)));
    }
}
