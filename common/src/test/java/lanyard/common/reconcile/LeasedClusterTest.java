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
        row.restUntil(DUE.plusSeconds(60));

        assertThat(row.dueAt).isEqualTo(DUE.plusSeconds(60));
        assertThat(row.lease).isNull();
        assertThat(row.attempts).isZero();
    }

    @Test
    void aRowThatIsNotYetDueByTheWorkersClockIsNotClaimedAgainAtOnce() {
        row.restUntil(DUE);

        assertThat(row.dueAt).isEqualTo(DUE.plus(LeasedCluster.PAUSE));
    }

    @Test
    void thePauseIsKeptUntilTheWorkersClockIsThere() {
        row.restUntil(DUE);
        row.restUntil(DUE);

        assertThat(row.dueAt).isEqualTo(DUE.plus(LeasedCluster.PAUSE.multipliedBy(2)));
    }

    @Test
    void aRetryByAClockThatIsBehindIsNotMadeAtOnce() {
        row.retryAt(DUE.minus(Duration.ofMinutes(5)));

        assertThat(row.dueAt).isEqualTo(DUE.plus(LeasedCluster.PAUSE));
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
