package lanyard.common.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import lanyard.common.database.Lifeline;
import lanyard.common.database.Transactions;
import lanyard.common.events.EventCodec;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.tracing.Tracing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class RelayTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** More than Kafka's producer takes. */
    private static final int TOO_LARGE = 1_100_000;

    @Inject
    Pool pool;

    @Inject
    Transactions transactions;

    @Inject
    Outbox outbox;

    @Inject
    Publisher publisher;

    @Inject
    Lifeline lifeline;

    @Inject
    LanyardConfig config;

    @Inject
    Database database;

    private final TestBus bus = new TestBus();
    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final List<Relay> started = new ArrayList<>();
    private Numbered numbered;

    @BeforeEach
    void empty() {
        database.empty();
        numbered = new Numbered(transactions, outbox);
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (var relay : started) {
            relay.stop(new ShutdownEvent());
        }
        bus.close();
    }

    @Test
    void twoRelaysLoseNothingAndKeepEachKeysOrderWhileManyAppend() throws Exception {
        var clusters = Numbered.clusters(30);
        int each = 20;
        var appending = new AtomicInteger(4);

        var work = new ArrayList<Callable<Void>>();
        for (int writer = 0; writer < 4; writer++) {
            work.add(() -> {
                try {
                    for (int i = 0; i < each / 4; i++) {
                        clusters.forEach(numbered::append);
                    }
                } finally {
                    appending.decrementAndGet();
                }
                return null;
            });
        }
        for (int replica = 0; replica < 2; replica++) {
            var relay = relay(Rhythm.inBatchesOf(20));
            work.add(() -> {
                while (appending.get() > 0 || unpublished() > 0) {
                    relay.publishBatch();
                }
                return null;
            });
        }
        allAtOnce(work);

        assertThat(unpublished()).isZero();
        // Nothing failed, so nothing came twice.
        var published = onTopic();
        assertThat(clusters)
                .allSatisfy(cluster -> assertThat(published.get(cluster)).isEqualTo(Numbered.upTo(each)));
        assertThat(metrics.counter("lanyard.outbox.published").count()).isEqualTo(30.0 * each);
    }

    @Test
    void whileAnotherRelaySendsTheHeadOfAKeyTheRestOfTheKeyWaits() {
        var busy = Numbered.clusters(1).getFirst();
        var idle = Numbered.clusters(1).getFirst();
        numbered.append(busy);
        numbered.append(busy);
        numbered.append(idle);
        // As another relay leaves it between its claim and its mark.
        claimHeadOf(busy, "1 minute");
        var relay = relay(Rhythm.inBatchesOf(100));

        assertThat(publishAll(relay)).isEqualTo(1);

        assertThat(onTopic()).doesNotContainKey(busy).containsEntry(idle, List.of(1));
    }

    @Test
    void killedBetweenTheSendAndTheMarkItIsPublishedAgainBeforeWhatFollows() {
        var cluster = Numbered.clusters(1).getFirst();
        numbered.append(cluster);
        numbered.append(cluster);
        var relay = relay(Rhythm.inBatchesOf(100));
        assertThat(relay.publishBatch()).isEqualTo(1);
        // The broker has it; the mark was never made, and the dead relay's claim has run out.
        database.run("update outbox set published_at = null where published_at is not null");
        claimHeadOf(cluster, "-1 second");

        assertThat(publishAll(relay)).isEqualTo(2);

        assertThat(onTopic()).containsEntry(cluster, List.of(1, 1, 2));
        assertThat(unpublished()).isZero();
    }

    @Test
    void aMessageThatCantBePublishedHoldsBackItsOwnKeyAndNoOther() {
        var stuck = Numbered.clusters(1).getFirst();
        var free = Numbered.clusters(2);
        numbered.append(stuck);
        numbered.append(stuck);
        enlargeHeadOf(stuck);
        for (int i = 0; i < 3; i++) {
            free.forEach(numbered::append);
        }
        var relay = relay(Rhythm.inBatchesOf(100));

        assertThat(publishAll(relay)).isEqualTo(6);

        assertThat(onTopic())
                .doesNotContainKey(stuck)
                .containsEntry(free.get(0), Numbered.upTo(3))
                .containsEntry(free.get(1), Numbered.upTo(3));
        assertThat(database.count("outbox", "key = $1 and published_at is null", stuck))
                .isEqualTo(2);
        assertThat(metrics.counter("lanyard.outbox.failed").count()).isPositive();

        // Once it can be published, the key goes on where it stood.
        database.run(
                "update outbox set body = $1 where key = $2 and length(body) > 1000000",
                Buffer.buffer(EventCodec.write(Numbered.event(stuck, 1), "id", "/lanyard/common", Instant.EPOCH)),
                stuck);
        await().atMost(PATIENCE).untilAsserted(() -> {
            relay.publishBatch();
            assertThat(unpublished()).isZero();
        });
        assertThat(onTopic()).containsEntry(stuck, List.of(1, 2));
    }

    @Test
    void evenABatchFullOfSuchMessagesHoldsBackNobodyElse() {
        var stuck = Numbered.clusters(3);
        var free = Numbered.clusters(1).getFirst();
        stuck.forEach(numbered::append);
        stuck.forEach(this::enlargeHeadOf);
        numbered.append(free);
        var relay = relay(new Rhythm(3, Duration.ofSeconds(30), Duration.ofMinutes(1), Duration.ofHours(24)));

        assertThat(relay.publishBatch()).isZero();
        assertThat(relay.publishBatch()).isEqualTo(1);

        assertThat(onTopic()).containsEntry(free, List.of(1));
    }

    @Test
    void messagesWithoutAKeyWaitForNobody() {
        for (int i = 0; i < 3; i++) {
            transactions.call(session -> outbox.appendDeadLetter(session, "{}".getBytes(StandardCharsets.UTF_8)));
        }

        assertThat(relay(Rhythm.inBatchesOf(100)).publishBatch()).isEqualTo(3);

        assertThat(bus.everything(config.topics().deadLetters()))
                .extracting(record -> record.key())
                .contains((String) null);
    }

    @Test
    void aMessageArrivesAsACloudEventInStructuredMode() {
        var cluster = Numbered.clusters(1).getFirst();
        numbered.append(cluster);
        relay(Rhythm.inBatchesOf(100)).publishBatch();

        var body =
                database.rows("select body from outbox").getFirst().getBuffer(0).getBytes();
        assertThat(bus.everything(topic()))
                .filteredOn(record -> cluster.equals(record.key()))
                .singleElement()
                .satisfies(record -> {
                    assertThat(record.value()).isEqualTo(body);
                    assertThat(record.headers()).singleElement().satisfies(header -> {
                        assertThat(header.key()).isEqualTo("content-type");
                        assertThat(header.value()).asString().isEqualTo("application/cloudevents+json");
                    });
                });
    }

    @Test
    void whatIsAppendedIsPublishedAtOnceAndNotAtTheNextInterval() {
        var clusters = Numbered.clusters(5);
        start(Rhythm.ONLY_WHEN_WOKEN);

        // Only the first of them could be found by the look that the loop begins with.
        for (var cluster : clusters) {
            numbered.append(cluster);

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(unpublished()).isZero());
        }

        assertThat(onTopic()).containsKeys(clusters.toArray(String[]::new));
    }

    @Test
    void oneWakeUpIsEnoughForTheWholeOfAKey() {
        var cluster = Numbered.clusters(1).getFirst();
        start(Rhythm.ONLY_WHEN_WOKEN);

        transactions.call(session -> numbered.append(session, cluster)
                .chain(() -> numbered.append(session, cluster))
                .chain(() -> numbered.append(session, cluster)));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(onTopic()).containsEntry(cluster, Numbered.upTo(3)));
    }

    @Test
    void aLostWakeUpCostsTheIntervalAndNothingElse() {
        var cluster = Numbered.clusters(1).getFirst();
        numbered.append(cluster);
        // No NOTIFY tells that a dead relay's claim has run out.
        claimHeadOf(cluster, "1 second");

        start(Rhythm.inBatchesOf(100));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(unpublished()).isZero());
    }

    @Test
    void onlyWhatWasPublishedLongAgoIsPruned() {
        var waiting = Numbered.clusters(1).getFirst();
        numbered.append(waiting);
        enlargeHeadOf(waiting);
        database.run("update outbox set created_at = now() - interval '3 days'");
        database.run(
                """
                insert into outbox (topic, key, body, created_at, published_at)
                select $1, 'old', ''::bytea, now() - interval '3 days', now() - interval '25 hours'
                from generate_series(1, 35)
                union all
                select $1, 'fresh', ''::bytea, now() - interval '3 days', now() - interval '23 hours'
                from generate_series(1, 5)
                """,
                topic());

        // More than fits into a batch.
        start(new Rhythm(10, Duration.ofHours(1), Duration.ofMinutes(1), Duration.ofHours(24)));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.count("outbox", "key = 'old'"))
                .isZero());
        assertThat(database.count("outbox", "key = 'fresh'")).isEqualTo(5);
        assertThat(database.count("outbox", "key = $1 and published_at is null", waiting))
                .isEqualTo(1);
    }

    private Map<String, List<Integer>> onTopic() {
        return Numbered.in(bus.everything(config.topics().credentials()));
    }

    private Relay relay(OutboxConfig rhythm) {
        return new Relay(pool, publisher, lifeline, rhythm, metrics, Tracing.OFF);
    }

    private void start(OutboxConfig rhythm) {
        var relay = relay(rhythm);
        started.add(relay);
        relay.start(new StartupEvent());
    }

    private static int publishAll(Relay relay) {
        int all = 0;
        int some;
        while ((some = relay.publishBatch()) > 0) {
            all += some;
        }
        return all;
    }

    private String topic() {
        return config.topics().credentials();
    }

    private long unpublished() {
        return database.count("outbox", "published_at is null");
    }

    private void claimHeadOf(String key, String length) {
        database.run(
                """
                update outbox set claimed_until = now() + $2::text::interval
                where id = (select min(id) from outbox where key = $1 and published_at is null)
                """,
                key,
                length);
    }

    private void enlargeHeadOf(String key) {
        database.run(
                """
                update outbox set body = convert_to(repeat('x', $2), 'UTF8')
                where id = (select min(id) from outbox where key = $1 and published_at is null)
                """,
                key,
                TOO_LARGE);
    }

    private static void allAtOnce(List<Callable<Void>> work) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var one : threads.invokeAll(work)) {
                one.get();
            }
        }
    }
}
