package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FailingClusterTest {
    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final TestCluster row = new TestCluster();

    @Test
    void aFailureIsNotedSinceTheFirstOfThemWithTheReasonOfTheLast() {
        row.fail("the first", START, START.plusSeconds(1));
        row.fail("the second", START.plusSeconds(1), START.plusSeconds(3));

        assertThat(row.failingSince).isEqualTo(START);
        assertThat(row.failedAt).isEqualTo(START.plusSeconds(1));
        assertThat(row.why).isEqualTo("the second");
        assertThat(row.dueAt).isEqualTo(START.plusSeconds(3));
    }

    @Test
    void aReasonIsKeptToALengthAndToOneLine() {
        row.fail("two\nlines\u0000 " + "x".repeat(5_000), START, START);

        assertThat(row.why).startsWith("two lines ").hasSize(1_000);
    }

    @Test
    void anAttemptThatGetsThroughForgetsTheFailures() {
        row.fail("it was away", START, START);

        row.settle();

        assertThat(row.failingSince).isNull();
        assertThat(row.failedAt).isNull();
        assertThat(row.why).isNull();
    }

    @Test
    void whatOnlySomebodyCanChangeRestsAndKnowsSinceWhen() {
        row.fail("the first", START, START.plusSeconds(1));
        row.attempts = 3;

        row.park("nobody's", START.plusSeconds(60));

        assertThat(row.dueAt).isNull();
        assertThat(row.attempts).isZero();
        assertThat(row.failingSince).isEqualTo(START);
        assertThat(row.failedAt).isEqualTo(START.plusSeconds(60));
        assertThat(row.why).isEqualTo("nobody's");
    }

    @Test
    void whatIsNewMakesItDueAndItsWaitsBeginAnew() {
        row.fail("it was away", START, START.plusSeconds(300));
        row.attempts = 12;

        row.due(START.plusSeconds(10));

        assertThat(row.dueAt).isEqualTo(START.plusSeconds(10));
        assertThat(row.attempts).as("it is still known that there was one").isEqualTo(1);
        assertThat(row.failingSince).isEqualTo(START);
    }

    @Test
    void aRowThatWaitsAfterAFailureIsTriedAgainWhenSomebodyAsks() {
        row.fail("it was away", START, START.plusSeconds(300));
        row.attempts = 12;

        assertThat(row.retry(START.plusSeconds(10), PAUSE)).isTrue();

        assertThat(row.dueAt).isEqualTo(START.plusSeconds(10));
        assertThat(row.attempts).isEqualTo(1);
    }

    @Test
    void aRowThatWasParkedIsTriedAgainWhenSomebodyAsks() {
        row.park("nobody's", START);

        assertThat(row.retry(START.plusSeconds(10), PAUSE)).isTrue();

        assertThat(row.dueAt).isEqualTo(START.plusSeconds(10));
        assertThat(row.unsettledSince).isEqualTo(START.plusSeconds(10));
    }

    @Test
    void askingAgainMakesNoMoreAttempts() {
        row.fail("it was away", START, START.plusSeconds(300));
        row.retry(START.plusSeconds(10), PAUSE);

        assertThat(row.retry(START.plusSeconds(10), PAUSE))
                .as("it is due already")
                .isFalse();
        row.lease = UUID.randomUUID();
        assertThat(row.retry(START.plusSeconds(10), PAUSE))
                .as("it is tried just now")
                .isFalse();
        row.fail("it is away", START.plusSeconds(11), START.plusSeconds(13));
        assertThat(row.retry(START.plusMillis(11_900), PAUSE))
                .as("it has just failed")
                .isFalse();
        assertThat(row.dueAt).isEqualTo(START.plusSeconds(13));
        assertThat(row.retry(START.plusSeconds(12), PAUSE)).isTrue();
    }

    @Test
    void aRowThatHasNotFailedIsLeftAsItIs() {
        assertThat(row.retry(START, PAUSE)).isFalse();

        row.restUntil(START, START.plusSeconds(3600));

        assertThat(row.retry(START, PAUSE)).isFalse();
        assertThat(row.dueAt).isEqualTo(START.plusSeconds(3600));
    }
}
