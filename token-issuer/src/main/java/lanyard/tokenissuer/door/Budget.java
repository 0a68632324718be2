package lanyard.tokenissuer.door;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How often each of many may do something: so many times a second, and ten seconds' worth of it at once. (The generic cell rate
 * algorithm: kept is the time at which all that was used is earned again.) Those that use it least are forgotten beyond a number.
 */
final class Budget {
    private static final long MOST = 100_000;
    private static final Duration BURST = Duration.ofSeconds(10);

    private final long cost;
    private final LongSupplier clock;
    private final Cache<String, AtomicLong> earnedAt =
            Caffeine.newBuilder().maximumSize(MOST).build();

    /**
     * @param perSecond 0 is without bound
     * @param clock nanoseconds since any time, which may overflow
     */
    Budget(int perSecond, LongSupplier clock) {
        if (perSecond < 0) {
            throw new IllegalArgumentException(
                    "a budget of LANYARD_DOOR_BUDGET_* is 0 (without bound) or more a second");
        }
        this.cost = perSecond == 0 ? 0 : Duration.ofSeconds(1).toNanos() / perSecond;
        this.clock = clock;
    }

    /** Uses some of the budget if there is enough; how long to wait for it otherwise, and zero if there was. */
    Duration use(String whose, int times) {
        if (cost == 0) {
            return Duration.ZERO;
        }
        var earned = earnedAt.get(whose, key -> new AtomicLong(clock.getAsLong()));
        while (true) {
            var now = clock.getAsLong();
            var before = earned.get();
            var after = (before - now > 0 ? before : now) + times * cost;
            var over = after - now - BURST.toNanos();
            if (over > 0) {
                return Duration.ofNanos(over);
            }
            if (earned.compareAndSet(before, after)) {
                return Duration.ZERO;
            }
        }
    }

    /** Uses of the budget what is left, up to this: for what was done already. */
    void charge(String whose, int times) {
        if (cost == 0) {
            return;
        }
        earnedAt.get(whose, key -> new AtomicLong(clock.getAsLong())).updateAndGet(before -> {
            var now = clock.getAsLong();
            var most = now + BURST.toNanos();
            var after = (before - now > 0 ? before : now) + times * cost;
            return after - most > 0 ? most : after;
        });
    }
}
