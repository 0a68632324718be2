package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import lanyard.common.database.Lifeline;
import lanyard.common.database.Transactions;
import lanyard.common.testing.RealParts;
import lanyard.common.tracing.Tracing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class ReconcilerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LONG = Duration.ofMinutes(2);
    /** So long that nothing is found by looking at an interval in a test's time. */
    private static final Duration NEVER = Duration.ofHours(1);

    @Inject
    Pool pool;

    @Inject
    InstantSource clock;

    @Inject
    Transactions transactions;

    @Inject
    Lifeline lifeline;

    @Inject
    Database database;

    private static final int CREATES = 3_000;

    private final List<Reconciler> started = new ArrayList<>();
    private final Queue<Lease> worked = new ConcurrentLinkedQueue<>();
    private LeasedRows<TestCluster, TestCluster.State> rows;

    @BeforeEach
    void empty() {
        database.empty();
        rows = new LeasedRows<>(transactions, TestCluster.class, TestCluster::state);
    }

    @AfterEach
    void stop() {
        started.forEach(ReconcilerTest::stop);
    }

    @Test
    void aRowThatBecomesDueIsWorkedOnAtOnce() {
        start(new Pace(8, LONG, NEVER), this::settle);

        // Only the first of them could be found by the look that the loop begins with.
        for (int i = 0; i < 5; i++) {
            var cluster = database.makeDue(1).getFirst();

            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(worked).extracting(Lease::cluster).contains(cluster));
        }
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count("cluster", "due_at is not null"))
                .isZero());
        assertThat(worked).hasSize(5);
    }

    @Test
    void aLostWakeUpCostsTheIntervalAndNothingElse() {
        start(new Pace(8, LONG, Duration.ofMillis(200)), this::settle);

        // Due by the passing of time: nobody notifies of that.
        database.run("insert into cluster (cluster, due_at) values ('later', now() + interval '1 second')");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(worked).hasSize(1));
    }

    @Test
    void wakeUpsComeBackAfterTheDatabaseCutTheConnection() {
        start(new Pace(8, LONG, NEVER), this::settle);
        database.makeDue(1);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(worked).hasSize(1));

        assertThat(database.rows("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where usename = current_user and query ilike 'listen %'"))
                .isNotEmpty();

        // What is notified of meanwhile is lost, until the next one.
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).until(() -> {
            database.makeDue(1);
            return worked.size() > 1;
        });
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count("cluster", "due_at is not null"))
                .isZero());
    }

    @Test
    void whatFailsIsTriedAgainUntilItWorks() {
        var cluster = database.makeDue(1).getFirst();

        start(new Pace(8, LONG, Duration.ofMillis(50)), lease -> {
            if (lease.attempts() < 3) {
                worked.add(lease);
                throw new IllegalStateException("attempt " + lease.attempts());
            }
            settle(lease);
        });

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(worked).hasSize(3));
        assertThat(worked).extracting(Lease::attempts).containsExactly(1, 2, 3);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        database.count("cluster", "cluster = $1 and due_at is null and attempts = 0", cluster))
                .isEqualTo(1));
    }

    @Test
    void whatFailedWaitsLongerWithEachAttempt() {
        database.makeDue(1);
        database.run("update cluster set attempts = 3");
        var pace = new Pace(8, LONG, NEVER, Duration.ofMinutes(1), Duration.ofHours(1));

        start(pace, lease -> {
            throw new IllegalStateException("attempt " + lease.attempts());
        });

        // The fourth attempt: 8 minutes, less up to a half.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count(
                        "cluster",
                        "lease is null and attempts = 4"
                                + " and due_at between now() + interval '3 minutes' and now() + interval '8 minutes'"))
                .isEqualTo(1));
    }

    @Test
    void whatBreaksOffIsNotedWithoutAWordThatCameFromOutside() {
        database.makeDue(1);

        start(new Pace(8, LONG, NEVER, Duration.ofMinutes(1), Duration.ofHours(1)), lease -> {
            throw new IllegalStateException("the content of something");
        });

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count(
                        "cluster", "lease is null and failing_since is not null and failed_at is not null"))
                .isEqualTo(1));
        assertThat(database.rows("select why from cluster").getFirst().getString(0))
                .contains("IllegalStateException")
                .doesNotContain("content");
    }

    @Test
    void aLeaseThatCouldNotBeGivenBackIsGivenBackOnceTheDatabaseAnswers() {
        database.makeDue(1);
        var pace = new Pace(8, LONG, Duration.ofMillis(50), Duration.ofMillis(1), Duration.ofMillis(1));
        var failures = new AtomicInteger();
        var leases = new Leases(pool, clock, lifeline, pace) {
            @Override
            void fail(Lease lease, Duration retryIn, String why) {
                if (failures.incrementAndGet() < 3) {
                    throw new IllegalStateException("no database");
                }
                super.fail(lease, retryIn, why);
            }
        };
        Reconciliation work = lease -> {
            if (lease.attempts() == 1) {
                throw new IllegalStateException("no database");
            }
            settle(lease);
        };

        start(new Reconciler(leases, work, lifeline, new Waits(pace), pace, Tracing.OFF));

        // Long before the lease would have run out.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(worked).hasSize(1));
        assertThat(failures).hasValue(3);
    }

    @Test
    void aDeleteIsDoneLongBeforeTheThousandsOfCreatesThatWereThereBeforeIt() {
        var pace = new Pace(4, LONG, NEVER);
        database.makeDue(CREATES);
        start(pace, this::settle);
        await().atMost(PATIENCE).until(() -> worked.size() > 20);

        database.run("insert into cluster (cluster, phase, due_at) values ('gone', 'ABSENT', now())");
        var before = worked.size();
        await().atMost(PATIENCE).until(() -> worked.stream().map(Lease::cluster).anyMatch("gone"::equals));

        var clusters = worked.stream().map(Lease::cluster).toList();
        // Those that were being worked on when it came, and those that were claimed in the same moment.
        assertThat(clusters.indexOf("gone")).isLessThan(before + 10 * pace.concurrency());
        assertThat(database.count("cluster", "due_at is not null")).isGreaterThan(CREATES / 2);
        assertThat(database.count("cluster", "lease is not null")).isLessThanOrEqualTo(pace.concurrency());
    }

    @Test
    void oneThatFailsKeepsNobodyElseWaiting() {
        database.makeDue(30);
        var bad = database.rows("select min(cluster) from cluster").getFirst().getString(0);

        start(new Pace(2, LONG, Duration.ofMillis(50)), lease -> {
            if (lease.cluster().equals(bad)) {
                throw new IllegalStateException("never works");
            }
            settle(lease);
        });

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count("cluster", "due_at is not null"))
                .isEqualTo(1));
        assertThat(worked)
                .hasSize(29)
                .extracting(Lease::cluster)
                .doesNotContain(bad)
                .doesNotHaveDuplicates();
    }

    @Test
    void aWorkerThatDiesLeavesItsRowToTheOthersWhenItsLeaseRunsOut() {
        database.makeDue(1);
        var deaths = new AtomicInteger();
        start(new Pace(1, LONG, Duration.ofMillis(100)), lease -> {
            if (deaths.getAndIncrement() == 0) {
                throw new StackOverflowError("not to be caught");
            }
            settle(lease);
        });
        await().dontCatchUncaughtExceptions().atMost(PATIENCE).untilAsserted(() -> assertThat(deaths)
                .hasValue(1));

        // As time does it.
        database.run("update cluster set leased_until = now() - interval '1 second'");

        await().dontCatchUncaughtExceptions().atMost(PATIENCE).untilAsserted(() -> assertThat(worked)
                .singleElement()
                .extracting(Lease::attempts)
                .isEqualTo(2));
    }

    @Test
    void noMoreThanItsShareIsWorkedOnAtATimeAndTheRestIsLeftToOthers() throws InterruptedException {
        database.makeDue(20);
        var gate = new CountDownLatch(1);
        var busy = new AtomicInteger();
        var most = new AtomicInteger();

        start(new Pace(4, LONG, Duration.ofMillis(50)), lease -> {
            most.accumulateAndGet(busy.incrementAndGet(), Math::max);
            pass(gate);
            busy.decrementAndGet();
            settle(lease);
        });

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(busy).hasValue(4));
        assertThat(database.count("cluster", "lease is not null")).isEqualTo(4);
        gate.countDown();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(worked).hasSize(20));
        assertThat(most).hasValue(4);
    }

    @Test
    void twoReplicasShareTheWorkAndDoNoneTwice() {
        var byReplica = new ConcurrentHashMap<String, Integer>();
        var pace = new Pace(4, LONG, Duration.ofMillis(50));
        database.makeDue(300);

        for (var replica : List.of("a", "b")) {
            start(pace, lease -> {
                byReplica.merge(replica, 1, Integer::sum);
                settle(lease);
            });
        }

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count("cluster", "due_at is not null"))
                .isZero());
        assertThat(worked).hasSize(300).extracting(Lease::cluster).doesNotHaveDuplicates();
        assertThat(byReplica).hasSize(2).isEqualTo(Map.of("a", byReplica.get("a"), "b", 300 - byReplica.get("a")));
    }

    @Test
    void whoStopsFinishesWhatItHasBegunAndBeginsNothingMore() throws InterruptedException {
        database.makeDue(1);
        var begun = new CountDownLatch(1);
        var gate = new CountDownLatch(1);
        var reconciler = start(new Pace(8, LONG, Duration.ofMillis(50)), lease -> {
            begun.countDown();
            pass(gate);
            settle(lease);
        });
        pass(begun);

        var stopping = Thread.ofVirtual().start(() -> stop(reconciler));
        assertThat(stopping.join(Duration.ofMillis(100))).isFalse();
        gate.countDown();
        stopping.join();

        assertThat(worked).hasSize(1);
        database.makeDue(3);
        await().during(Duration.ofMillis(300)).atMost(PATIENCE).until(() -> worked.size() == 1);
        assertThat(database.count("cluster", "lease is not null")).isZero();
    }

    @Test
    void whatWasClaimedWhileItStoppedIsLeftToTheOthersAtOnce() {
        database.makeDue(3);
        var pace = new Pace(8, LONG, NEVER);
        var self = new AtomicReference<Reconciler>();
        var leases = new Leases(pool, clock, lifeline, pace) {
            @Override
            List<Lease> claim(int most) {
                var claimed = super.claim(most);
                stop(self.get());
                return claimed;
            }
        };

        self.set(new Reconciler(leases, this::settle, lifeline, new Waits(pace), pace, Tracing.OFF));
        self.get().start(new StartupEvent());

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        database.count("cluster", "attempts = 1 and lease is null and due_at <= now()"))
                .isEqualTo(3));
        assertThat(worked).isEmpty();
    }

    private Reconciler start(ReconcileConfig pace, Reconciliation work) {
        return start(new Reconciler(
                new Leases(pool, clock, lifeline, pace), work, lifeline, new Waits(pace), pace, Tracing.OFF));
    }

    private Reconciler start(Reconciler reconciler) {
        started.add(reconciler);
        reconciler.start(new StartupEvent());
        return reconciler;
    }

    /** The work that is done for a cluster: its row comes to rest. */
    private void settle(Lease lease) {
        rows.commit(lease, rows.read(lease), LeasedCluster::settle);
        worked.add(lease);
    }

    private static void stop(Reconciler reconciler) {
        try {
            reconciler.stop(new ShutdownEvent());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pass(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
