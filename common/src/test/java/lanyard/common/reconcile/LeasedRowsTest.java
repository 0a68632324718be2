package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.database.Lifeline;
import lanyard.common.database.Transactions;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class LeasedRowsTest {
    @Inject
    Pool pool;

    @Inject
    InstantSource clock;

    @Inject
    Lifeline lifeline;

    @Inject
    Transactions transactions;

    @Inject
    Database database;

    private LeasedRows<TestCluster, TestCluster.State> rows;
    private Leases leases;
    private final String cluster = UUID.randomUUID().toString();

    @BeforeEach
    void empty() {
        database.empty();
        rows = new LeasedRows<>(transactions, TestCluster.class, TestCluster::state);
        leases = new Leases(pool, clock, lifeline, new Pace(8, Duration.ofMinutes(2), Duration.ofSeconds(60)));
    }

    // Hearing

    @Test
    void theFirstThatIsHeardOfAClusterMakesItsRow() {
        hear(row -> row.phase = row.phase.join(Phase.DELETING));

        assertThat(database.count("cluster", "cluster = $1 and phase = 'DELETING'", cluster))
                .isEqualTo(1);
    }

    @Test
    void whatOnlyAKnownClusterMayHearMakesNoRow() {
        transactions.call(session -> rows.hearIfKnown(session, cluster, row -> row.generation = 7));
        assertThat(database.count("cluster", "true")).isZero();

        hear(row -> row.generation = 1);
        transactions.call(session -> rows.hearIfKnown(session, cluster, row -> row.generation = 7));

        assertThat(database.count("cluster", "cluster = $1 and generation = 7", cluster))
                .isEqualTo(1);
    }

    @Test
    void nothingIsHeardWhenTheCallersTransactionFails() {
        assertThatThrownBy(() -> transactions.call(session -> rows.hear(session, cluster, row -> row.generation = 7)
                        .chain(() -> Uni.createFrom().failure(new IllegalStateException("the rest failed")))))
                .hasMessageContaining("the rest failed");

        assertThat(database.count("cluster", "true")).isZero();
    }

    @Test
    void whatIsHeardInManyReplicasAtOnceIsAllTakenIn() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = IntStream.range(0, 40)
                    .mapToObj(i -> threads.submit(() -> hear(row -> row.generation++)))
                    .toList();
            for (var one : all) {
                one.get();
            }
        }

        assertThat(database.count("cluster", "cluster = $1 and generation = 40", cluster))
                .isEqualTo(1);
    }

    @Test
    void twoReplicasThatTakeTheSameClustersInDifferentOrderDoNotStandInEachOthersWay() throws Exception {
        var rounds = 20;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < rounds; round++) {
                // Of some there is a row, others are made by whoever comes first.
                var told = Stream.concat(
                                Stream.of(cluster),
                                Stream.generate(() -> UUID.randomUUID().toString())
                                        .limit(50))
                        .toList();
                var both = Stream.of(told, told.reversed())
                        .map(order -> threads.submit(() -> transactions.call(session ->
                                rows.hearAll(session, order, Function.identity(), (row, one) -> row.generation++))))
                        .toList();
                for (var one : both) {
                    one.get();
                }
            }
        }

        assertThat(database.count("cluster", "generation = 2")).isEqualTo(50L * rounds);
        assertThat(database.count("cluster", "cluster = $1 and generation = $2", cluster, 2 * rounds))
                .isEqualTo(1);
    }

    @Test
    void allThatIsHeardOfOneClusterAtOnceIsTakenInInItsOrder() {
        transactions.call(session -> rows.hearAll(
                session, List.of(3, 5, 7), one -> cluster, (row, one) -> row.generation = 10 * row.generation + one));

        assertThat(database.count("cluster", "cluster = $1 and generation = 357", cluster))
                .isEqualTo(1);
    }

    // Deciding and committing

    @Test
    void whatWasDecidedIsCommittedAndTheLeaseGivenBack() {
        hear(row -> row.due(clock.instant()));
        var lease = claim();
        var state = rows.read(lease);

        rows.commit(lease, state, row -> {
            row.generation = 5;
            row.settle();
        });

        assertThat(state).isEqualTo(new TestCluster.State(Phase.PRESENT, 0));
        assertThat(database.count(
                        "cluster",
                        "generation = 5 and lease is null and leased_until is null and due_at is null"
                                + " and unsettled_since is null and attempts = 0"))
                .isEqualTo(1);
    }

    @Test
    void nothingIsCommittedWhenAnEventCameInBetween() {
        hear(row -> row.due(clock.instant()));
        var lease = claim();
        var decidedOn = rows.read(lease);
        hear(row -> {
            row.phase = Phase.ABSENT;
            row.due(clock.instant());
        });

        rows.commit(lease, decidedOn, row -> {
            row.generation = 5;
            row.settle();
        });

        assertThat(rows.read(lease)).isEqualTo(new TestCluster.State(Phase.ABSENT, 0));
        assertThat(database.count("cluster", "due_at is not null and lease = $1", lease.id()))
                .isEqualTo(1);

        // Decided again, on what the row says now.
        rows.commit(lease, rows.read(lease), LeasedCluster::settle);

        assertThat(database.count("cluster", "due_at is null and lease is null"))
                .isEqualTo(1);
    }

    @Test
    void nothingIsReadOrCommittedOnceAnotherHoldsTheLease() {
        hear(row -> row.due(clock.instant()));
        var late = claim();
        var state = rows.read(late);
        database.run("update cluster set leased_until = now() - interval '1 second'");
        var holder = claim();

        rows.commit(late, state, row -> {
            row.generation = 5;
            row.settle();
        });

        assertThat(rows.read(late)).isNull();
        assertThat(rows.read(holder)).isEqualTo(state);
        assertThat(database.count("cluster", "generation = 0 and lease = $1", holder.id()))
                .isEqualTo(1);
    }

    @Test
    void nothingIsCommittedAfterTheLeaseWasGivenBack() {
        hear(row -> row.due(clock.instant()));
        var lease = claim();
        var state = rows.read(lease);
        leases.giveBack(lease, Duration.ZERO);

        rows.commit(lease, state, row -> row.generation = 5);

        assertThat(rows.read(lease)).isNull();
        assertThat(database.count("cluster", "generation = 0")).isEqualTo(1);
    }

    @Test
    void aChangeThatFailsIsNoChangeAndTheLeaseStays() {
        hear(row -> row.due(clock.instant()));
        var lease = claim();

        assertThatThrownBy(() -> rows.commit(lease, rows.read(lease), (session, row) -> {
                    row.settle();
                    return Uni.createFrom().failure(new IllegalStateException("the rest failed"));
                }))
                .hasMessageContaining("the rest failed");

        assertThat(database.count("cluster", "due_at is not null and lease = $1", lease.id()))
                .isEqualTo(1);
    }

    // What the row tells of itself

    @Test
    void aRowKnowsSinceWhenItIsNotAsItShouldBe() {
        var first = Instant.parse("2026-11-23T12:00:00Z");
        var row = new TestCluster();

        row.due(first);
        row.due(first.plusSeconds(60));
        assertThat(row.dueAt).isEqualTo(first.plusSeconds(60));
        assertThat(row.unsettledSince).isEqualTo(first);

        row.attempts = 3;
        row.retryAfter(first.plusSeconds(100), Duration.ofSeconds(20));
        assertThat(row.dueAt).isEqualTo(first.plusSeconds(120));
        assertThat(row.unsettledSince).isEqualTo(first);
        assertThat(row.attempts).isEqualTo(3);

        row.restUntil(first.plusSeconds(130), first.plusSeconds(180));
        assertThat(row.dueAt).isEqualTo(first.plusSeconds(180));
        assertThat(row.unsettledSince).isNull();
        assertThat(row.attempts).isZero();
    }

    private void hear(Consumer<TestCluster> change) {
        transactions.call(session -> rows.hear(session, cluster, change));
    }

    private Lease claim() {
        return leases.claim(1).getFirst();
    }
}
