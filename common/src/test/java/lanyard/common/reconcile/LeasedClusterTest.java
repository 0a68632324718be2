package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LeasedClusterTest {
    private static final Instant DUE = Instant.parse("2026-03-01T12:00:00Z");

    private final TestCluster row = claimed();

    @Test
    void aRowRestsUntilItIsDue() {
        row.restUntil(DUE, DUE.plusSeconds(60));

        assertThat(row.dueAt).isEqualTo(DUE.plusSeconds(60));
        assertThat(row.lease).isNull();
        assertThat(row.attempts).isZero();
    }

    @Test
    void aWaitIsNoLongerThanItIsMeantToBeHoweverLateTheRowIsClaimed() {
        row.retryAfter(DUE.plusSeconds(3_600), Duration.ofMillis(1));

        assertThat(row.dueAt).isEqualTo(DUE.plusSeconds(3_600).plusMillis(1));
        assertThat(row.attempts).isEqualTo(3);
    }

    @Test
    void aWorkerWhoseClockIsBehindWaitsForADeadlineByItsOwnClock() {
        row.restUntil(DUE.minusSeconds(5), DUE);

        assertThat(row.dueAt).isEqualTo(DUE.plusSeconds(5));
    }

    @Test
    void aWorkerWhoseClockIsBehindDoesNotClaimARowOverAndOverWithoutAPause() {
        var database = DUE.plusSeconds(300);
        var worker = DUE.minusSeconds(300);
        int claims = 0;
        // Nothing of this takes any time: whoever claims without a pause would do so for ever.
        while (!row.dueAt.isAfter(database)) {
            claims++;
            row.retryAfter(worker, Duration.ofSeconds(10));
        }

        assertThat(claims).isEqualTo(31);
    }

    @Test
    void aFailedAttemptOfAWorkerWhoseClockIsBehindIsNotRepeatedAtOnce() {
        row.fail("it was away", DUE.minus(Duration.ofMinutes(5)), DUE.minus(Duration.ofMinutes(4)));

        assertThat(row.dueAt).isEqualTo(DUE.plus(Duration.ofMinutes(1)));
        assertThat(row.attempts).isEqualTo(3);
    }

    @Test
    void aRowWithNothingLeftToDoIsNotDue() {
        row.settle();

        assertThat(row.dueAt).isNull();
    }

    private static TestCluster claimed() {
        var row = new TestCluster();
        row.dueAt = DUE;
        row.lease = UUID.randomUUID();
        row.attempts = 3;
        return row;
    }
}
