package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import lanyard.common.database.Connection;
import lanyard.common.database.Departures;
import lanyard.common.database.Lifeline;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class LeasesTest {
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Inject
    Pool pool;

    @Inject
    InstantSource clock;

    @Inject
    Lifeline lifeline;

    @Inject
    Vertx vertx;

    @Inject
    Connection connection;

    @Inject
    LanyardConfig config;

    @Inject
    Database database;

    private Instant now;

    @BeforeEach
    void empty() {
        database.empty();
    }

    @Test
    void twoReplicasNeverWorkOnTheSameClusterAtTheSameTime() throws Exception {
        database.makeDue(2_000);
        var inWork = ConcurrentHashMap.<String>newKeySet();
        var collisions = ConcurrentHashMap.<String>newKeySet();
        var goes = new ConcurrentHashMap<String, AtomicInteger>();

        inParallel(2, replica -> {
            var leases = leases(LONG);
            List<Lease> claimed;
            while (!(claimed = leases.claim(50)).isEmpty()) {
                for (var lease : claimed) {
                    if (!inWork.add(lease.cluster())) {
                        collisions.add(lease.cluster());
                    }
                    goes.computeIfAbsent(lease.cluster(), c -> new AtomicInteger())
                            .incrementAndGet();
                }
                // All of the batch is in our hands now; each has two goes, the first of which fails.
                for (var lease : claimed) {
                    inWork.remove(lease.cluster());
                    if (lease.attempts() < 2) {
                        leases.giveBack(lease, Duration.ZERO);
                    }
                }
                settle(claimed.stream().filter(lease -> lease.attempts() == 2).toList());
            }
        });

        assertThat(collisions).isEmpty();
        assertThat(goes).hasSize(2_000).allSatisfy((cluster, times) -> assertThat(times)
                .hasValue(2));
        assertThat(database.count("cluster", "due_at is not null or lease is not null"))
                .isZero();
    }

    @Test
    void aRowIsClaimedOnceUntilItsLeaseRunsOut() {
        var cluster = database.makeDue(1).getFirst();

        var first = leases(LONG).claim(10);

        assertThat(first).singleElement().satisfies(lease -> {
            assertThat(lease.cluster()).isEqualTo(cluster);
            assertThat(lease.attempts()).isEqualTo(1);
            assertThat(lease.until())
                    .isBetween(
                            Instant.now().plus(LONG).minusSeconds(60),
                            Instant.now().plus(LONG));
        });
        assertThat(leases(LONG).claim(10)).isEmpty();
    }

    @Test
    void whatADeadWorkerHeldIsTakenOverWhenItsLeaseHasRunOut() {
        database.makeDue(1);
        var dead = leases(LONG).claim(1).getFirst();
        database.run("update cluster set leased_until = now() - interval '1 second'");

        var heir = leases(LONG).claim(1).getFirst();

        assertThat(heir.cluster()).isEqualTo(dead.cluster());
        assertThat(heir.id()).isNotEqualTo(dead.id());
        assertThat(heir.attempts()).isEqualTo(2);
    }

    // What a process leaves that is gone

    @Test
    void whatAKilledProcessHeldIsTakenOverAfterAGrace() {
        database.makeDue(1);
        var killed = replica();
        var dead = claimedBy(killed).getFirst();
        var heir = heir();
        killed.stop(new ShutdownEvent());

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(missing()).hasSize(1));
        assertThat(heir.claim(1)).isEmpty();
        pass(Departures.GRACE.minusMillis(1));
        assertThat(heir.claim(1)).isEmpty();
        pass(Duration.ofSeconds(1));
        var taken = heir.claim(1).getFirst();

        assertThat(taken.cluster()).isEqualTo(dead.cluster());
        assertThat(taken.attempts()).isEqualTo(2);
        assertThat(rowSays(taken)).isTrue();
        assertThat(rowSays(dead)).isFalse();
    }

    @Test
    void whatALivingProcessHoldsIsItsOwnHoweverLong() {
        database.makeDue(1);
        var holder = replica();
        claimedBy(holder);
        var heir = heir();

        for (int i = 0; i < 3; i++) {
            assertThat(heir.claim(1)).isEmpty();
            pass(Departures.GRACE);
        }
        holder.stop(new ShutdownEvent());
    }

    @Test
    void whoseSessionBreaksBeginsNothingUntilItHasAnotherAndLosesNothing() {
        database.makeDue(1);
        var holder = replica();
        var lease = claimedBy(holder).getFirst();
        var standing = holder.standing();
        var heir = heir();
        assertThat(lease.endsSoon(clock.instant())).isFalse();

        database.run(
                """
                select pg_terminate_backend(pid) from pg_locks
                where locktype = 'advisory' and lpad(to_hex(objid::bigint), 8, '0') = $1
                """,
                standing.holder());
        await().atMost(PATIENCE).until(() -> lease.endsSoon(clock.instant()));
        heir.claim(1);
        await().atMost(PATIENCE).until(() -> !lease.endsSoon(clock.instant()));
        pass(Departures.GRACE);

        assertThat(heir.claim(1)).isEmpty();
        assertThat(rowSays(lease)).isTrue();
        assertThat(holder.standing()).isNotEqualTo(standing);
        assertThat(holder.standing().holder()).isEqualTo(standing.holder());
        holder.stop(new ShutdownEvent());
    }

    @Test
    void whomTheDatabaseDoesNotShowKnowsIt() {
        var holder = replica();
        database.run("alter view present rename to shown");
        database.run("create view present as select * from shown where false");
        try {
            await().atMost(PATIENCE).until(() -> !holder.isSeen());
        } finally {
            database.run("drop view present");
            database.run("alter view shown rename to present");
        }

        await().atMost(PATIENCE).until(holder::isSeen);
        holder.stop(new ShutdownEvent());
    }

    @Test
    void whoIsNotSeenClaimsUntilTheLeaseRunsOut() {
        database.makeDue(1);
        var lease = new Leases(pool, clock, () -> null, pace(LONG)).claim(1).getFirst();
        var heir = heir();

        assertThat(lease.endsSoon(clock.instant())).isFalse();
        assertThat(missing()).isEmpty();
        heir.claim(1);
        pass(Departures.GRACE);
        assertThat(heir.claim(1)).isEmpty();
    }

    @Test
    void whatAnOlderVersionClaimedIsItsOwnUntilTheLeaseRunsOut() {
        database.makeDue(1);
        claimedBy(lifeline);
        database.run("update cluster set lease = gen_random_uuid()");

        assertThat(missing()).isEmpty();
    }

    private List<String> missing() {
        return database.rows(Leases.MISSING).stream()
                .map(row -> row.getString(0))
                .toList();
    }

    private boolean rowSays(Lease lease) {
        return database.count("cluster", "lease = $1", lease.id()) == 1;
    }

    /** Another replica, of which the others see that it lives. */
    private Lifeline replica() {
        var another = new Lifeline(vertx, connection, config);
        await().atMost(PATIENCE).until(another::isSeen);
        return another;
    }

    private List<Lease> claimedBy(Lifeline holder) {
        await().atMost(PATIENCE).until(holder::isSeen);
        return new Leases(pool, clock, holder, pace(LONG)).claim(1);
    }

    /** Leases by a clock that stands still until it is told. */
    private Leases heir() {
        await().atMost(PATIENCE).until(lifeline::isSeen);
        now = clock.instant();
        return new Leases(pool, () -> now, lifeline, pace(LONG));
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private static Pace pace(Duration length) {
        return new Pace(8, length, Duration.ofSeconds(60));
    }

    @Test
    void theHolderStopsBeforeTheDatabaseGivesTheRowToAnother() {
        database.makeDue(1);

        var lease = leases(LONG).claim(1).getFirst();

        var inDatabase = database.rows("select leased_until from cluster").getFirst();
        assertThat(lease.until())
                .isBeforeOrEqualTo(inDatabase.getOffsetDateTime(0).toInstant());
    }

    @Test
    void onlyItsHolderGivesALeaseBack() {
        var cluster = database.makeDue(1).getFirst();
        var late = leases(LONG).claim(1).getFirst();
        database.run("update cluster set leased_until = now() - interval '1 second'");
        var holder = leases(LONG).claim(1).getFirst();

        leases(LONG).giveBack(late, Duration.ZERO);

        assertThat(database.count("cluster", "cluster = $1 and lease = $2", cluster, holder.id()))
                .isEqualTo(1);
        assertThat(leases(LONG).claim(1)).isEmpty();

        leases(LONG).giveBack(holder, Duration.ZERO);

        assertThat(leases(LONG).claim(1))
                .singleElement()
                .extracting(Lease::attempts)
                .isEqualTo(3);
    }

    @Test
    void whatWasGivenBackWaitsAsLongAsItWasTold() {
        database.makeDue(1);
        leases(LONG).giveBack(leases(LONG).claim(1).getFirst(), Duration.ofMinutes(5));

        assertThat(leases(LONG).claim(1)).isEmpty();
        assertThat(
                        database.count(
                                "cluster",
                                "lease is null and due_at between now() + interval '4 minutes' and now() + interval '5 minutes'"))
                .isEqualTo(1);
    }

    @Test
    void whatIsAtRestOrNotYetDueIsLeftAlone() {
        database.run(
                "insert into cluster (cluster, due_at) values ('at rest', null), ('later', now() + interval '1 hour')");

        assertThat(leases(LONG).claim(10)).isEmpty();
    }

    @Test
    void theLongestDueComesFirst() {
        database.run(
                """
                insert into cluster (cluster, due_at) values
                  ('second', now() - interval '2 minutes'),
                  ('first', now() - interval '3 minutes'),
                  ('third', now() - interval '1 minute')
                """);

        var leases = leases(LONG);

        assertThat(IntStream.range(0, 3)
                        .mapToObj(i -> leases.claim(1).getFirst().cluster()))
                .containsExactly("first", "second", "third");
    }

    @Test
    void clustersOnTheirWayOutComeFirstHoweverManyAreToBeMade() {
        database.makeDue(5_000);
        database.run(
                """
                insert into cluster (cluster, phase, due_at) values
                  ('gone', 'ABSENT', now()),
                  ('going', 'DELETING', now() - interval '1 second'),
                  ('goes later', 'DELETING', now() + interval '1 hour')
                """);

        var claimed = leases(LONG).claim(8);

        assertThat(claimed).hasSize(8).extracting(Lease::cluster).contains("gone", "going");
    }

    @Test
    void oneOnItsWayOutThatKeepsFailingWaitsForItsTurnLikeAllOthers() {
        database.makeDue(20);
        database.run(
                "insert into cluster (cluster, phase, due_at, failing_since) values ('stuck', 'ABSENT', now(), now())");

        assertThat(leases(LONG).claim(20)).extracting(Lease::cluster).doesNotContain("stuck");
        assertThat(leases(LONG).claim(20)).extracting(Lease::cluster).containsExactly("stuck");
    }

    @Test
    void aClaimReadsNoMoreThanItTakes() {
        database.makeDue(5_000);
        database.run("analyze cluster");

        var plan = database.rows("explain " + Leases.CLAIM, 8, 60.0, "00000000").stream()
                .map(row -> row.getString(0))
                .toList();

        assertThat(plan)
                .anyMatch(line -> line.contains("Index Scan using cluster_due"))
                .noneMatch(line -> line.contains("Sort"));
    }

    @Test
    void anAttemptThatFailedIsNotedWithTheReasonAndSinceWhen() {
        database.makeDue(1);
        leases(LONG).fail(leases(LONG).claim(1).getFirst(), Duration.ZERO, "the first reason");
        var since =
                database.rows("select failing_since from cluster").getFirst().getOffsetDateTime(0);

        leases(LONG).fail(leases(LONG).claim(1).getFirst(), Duration.ofMinutes(5), "another one");

        assertThat(database.count(
                        "cluster",
                        "lease is null and attempts = 2 and why = 'another one' and failing_since = $1"
                                + " and failed_at >= failing_since and due_at > now() + interval '4 minutes'",
                        since))
                .isEqualTo(1);
    }

    @Test
    void onlyItsHolderSaysThatAnAttemptFailed() {
        database.makeDue(1);
        var late = leases(LONG).claim(1).getFirst();
        database.run("update cluster set leased_until = now() - interval '1 second'");
        leases(LONG).claim(1);

        leases(LONG).fail(late, Duration.ZERO, "too late");

        assertThat(database.count("cluster", "lease is not null and failing_since is null and why is null"))
                .isEqualTo(1);
    }

    @Test
    void aLeaseThatLeavesNoTimeForAStepIsRefused() {
        assertThatThrownBy(() -> leases(Duration.ofSeconds(119)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lanyard.reconcile.lease");
    }

    @Test
    void aStepIsBegunOnlyWhileEnoughOfTheLeaseIsLeft() {
        var now = Instant.parse("2026-11-23T12:00:00Z");
        var lease = new Lease("c", UUID.randomUUID(), 1, now.plus(LONG), () -> true);

        assertThat(lease.endsSoon(now)).isFalse();
        assertThat(lease.endsSoon(now.plusSeconds(60))).isFalse();
        assertThat(lease.endsSoon(now.plusSeconds(61))).isTrue();
        assertThat(lease.endsSoon(now.plus(LONG))).isTrue();
    }

    private void settle(List<Lease> done) {
        database.run(
                "update cluster set due_at = null, lease = null, leased_until = null where cluster = any($1)",
                (Object) done.stream().map(Lease::cluster).toArray(String[]::new));
    }

    private Leases leases(Duration length) {
        return new Leases(pool, clock, lifeline, pace(length));
    }

    /** Runs the work that often at once, and fails if one of them failed. */
    private static void inParallel(int times, IntConsumer work) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newFixedThreadPool(times)) {
            var running = IntStream.range(0, times)
                    .mapToObj(i -> threads.submit(() -> work.accept(i)))
                    .toList();
            for (var one : running) {
                one.get();
            }
        }
    }
}
