package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
    private final AtomicLong now = new AtomicLong();

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1_000_000_000L, Long.MIN_VALUE, -1})
    void tenSecondsWorthMayComeAtOnceWhateverTheClockSays(long start) {
        now.set(start);
        var budget = new Budget(5, now::get);
        for (int i = 0; i < 50; i++) {
            assertThat(budget.use("a", 1)).isZero();
        }
        assertThat(budget.use("a", 1)).isEqualTo(Duration.ofMillis(200));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 60_000_000_000L})
    void whoeverUsesAllOfItHasTheSustainedRate(long start) {
        now.set(start);
        var budget = new Budget(5, now::get);
        var granted = 0;
        // 100 s, and the overflow in the middle of them.
        for (int tick = 0; tick <= 10_000; tick++) {
            granted += budget.use("a", 1).isZero() ? 1 : 0;
            now.addAndGet(Duration.ofMillis(10).toNanos());
        }
        assertThat(granted).isEqualTo(50 + 500);
    }

    @Test
    void whoWaitsAsLongAsToldGetsIt() {
        var budget = new Budget(3, now::get);
        for (int i = 0; i < 100; i++) {
            now.addAndGet(budget.use("a", 1).toNanos());
            now.addAndGet(budget.use("a", 1).toNanos());
            assertThat(budget.use("a", 1)).isLessThanOrEqualTo(Duration.ofMillis(334));
        }
    }

    @Test
    void aRefusalCostsNothing() {
        var budget = new Budget(1, now::get);
        while (budget.use("a", 1).isZero()) {
            // Uses it up.
        }
        for (int i = 0; i < 1000; i++) {
            assertThat(budget.use("a", 1)).isEqualTo(Duration.ofSeconds(1));
        }
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(budget.use("a", 1)).isZero();
    }

    @Test
    void whatWasNotUsedAddsUpToTenSecondsWorthOnly() {
        var budget = new Budget(2, now::get);
        assertThat(budget.use("a", 1)).isZero();
        now.addAndGet(Duration.ofDays(300).toNanos());
        for (int i = 0; i < 20; i++) {
            assertThat(budget.use("a", 1)).isZero();
        }
        assertThat(budget.use("a", 1)).isPositive();
    }

    @Test
    void oneDoesNotUseWhatIsAnothers() {
        var budget = new Budget(1, now::get);
        assertThat(budget.use("a", 10)).isZero();
        assertThat(budget.use("a", 1)).isPositive();
        assertThat(budget.use("b", 1)).isZero();
    }

    @Test
    void aChargeIsUsedWhetherThereIsEnoughOrNot() {
        var budget = new Budget(1, now::get);
        budget.charge("a", 9);
        assertThat(budget.use("a", 1)).isZero();
        assertThat(budget.use("a", 1)).isEqualTo(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 1_000_000_000L})
    void noChargeLeadsBelowNothing(long start) {
        now.set(start);
        var budget = new Budget(1, now::get);
        for (int i = 0; i < 100; i++) {
            budget.charge("a", 10);
        }
        assertThat(budget.use("a", 1)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void zeroIsWithoutBound() {
        var budget = new Budget(0, now::get);
        for (int i = 0; i < 10_000; i++) {
            assertThat(budget.use("a", 10)).isZero();
            budget.charge("a", 10);
        }
    }

    @Test
    void lessThanNothingIsNoBudget() {
        assertThatThrownBy(() -> new Budget(-1, now::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("LANYARD_DOOR_BUDGET_");
    }
}
