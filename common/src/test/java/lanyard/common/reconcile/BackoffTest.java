package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final long DAY = 86_400_000;

    @Property(tries = 5_000)
    void theWaitIsBetweenHalfAndAllOfTheDoubledOneAndNeverLongerThanTheLongest(
            @ForAll @LongRange(min = 1, max = DAY) long first,
            @ForAll @LongRange(min = 1, max = DAY) long longest,
            @ForAll @IntRange(min = 1) int attempts,
            @ForAll @DoubleRange(max = 1, maxIncluded = false) double random) {
        var wait = new Backoff(Duration.ofMillis(first), Duration.ofMillis(longest)).after(attempts, random);

        var full = Math.min(first * Math.pow(2, attempts - 1.0), longest);
        assertThat(wait.toMillis()).isBetween((long) (full / 2), (long) full);
    }

    @Property(tries = 2_000)
    void aLaterAttemptNeverWaitsShorterByTheSameChance(
            @ForAll @LongRange(min = 1, max = DAY) long first,
            @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE - 1) int attempts,
            @ForAll @DoubleRange(max = 1, maxIncluded = false) double random) {
        var backoff = new Backoff(Duration.ofMillis(first), Duration.ofMinutes(5));

        assertThat(backoff.after(attempts + 1, random)).isGreaterThanOrEqualTo(backoff.after(attempts, random));
    }

    @Test
    void theWaitDoublesUpToTheLongest() {
        var backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

        assertThat(backoff.after(1, 0)).isEqualTo(Duration.ofSeconds(1));
        assertThat(backoff.after(2, 0)).isEqualTo(Duration.ofSeconds(2));
        assertThat(backoff.after(5, 0)).isEqualTo(Duration.ofSeconds(16));
        assertThat(backoff.after(5, 0.5)).isEqualTo(Duration.ofSeconds(12));
        assertThat(backoff.after(100, 0)).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void whatFailedTogetherDoesNotComeBackTogether() {
        var backoff = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

        assertThat(new java.util.Random(1)
                        .doubles(100)
                        .mapToObj(random -> backoff.after(3, random))
                        .distinct())
                .hasSizeGreaterThan(90);
    }
}
