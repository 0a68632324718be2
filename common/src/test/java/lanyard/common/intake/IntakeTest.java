package lanyard.common.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.ClusterNotification.Outcome;
import lanyard.common.conductor.Parsed;
import lanyard.common.database.Transactions;
import lanyard.common.events.wire.Reason;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.TestCluster;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.RealParts;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.hibernate.reactive.mutiny.Mutiny;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class IntakeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What a message may hold and nothing else may show. */
    private static final String CONTENT = "the-content-of-the-message";

    private static final String NONE_OF_OURS = "none of ours";
    private static final String BAD = "bad";

    @Inject
    Intake intake;

    @Inject
    @Identifier("positions")
    Positions positions;

    @Inject
    Transactions transactions;

    @Inject
    MeterRegistry metrics;

    @Inject
    Database database;

    @Inject
    LanyardConfig config;

    private LeasedRows<TestCluster, TestCluster.State> rows;
    private final String cluster = UUID.randomUUID().toString();
    // Its own, so that what is counted is this test's.
    private final String topic = "notifications-" + UUID.randomUUID();

    @BeforeEach
    void empty() {
        database.empty();
        rows = new LeasedRows<>(transactions, TestCluster.class, TestCluster::state);
    }

    @Test
    void aMessageIsDoneWhenWhatItSaysIsCommitted() {
        await(() -> intake.commit(message(1), session -> rows.hear(session, cluster, row -> row.phase = Phase.ABSENT)));

        assertThat(database.count("cluster", "cluster = $1 and phase = 'ABSENT'", cluster))
                .isEqualTo(1);
        assertThat(counted("read")).isEqualTo(1);
        assertThat(letters()).isEmpty();
    }

    @Test
    void aMessageThatIsNoneOfOursIsCountedAndPassedOver() {
        await(() -> intake.ignore(message(1)));

        assertThat(counted("ignored")).isEqualTo(1);
        assertThat(letters()).isEmpty();
    }

    @Test
    void aMessageThatIsNotUnderstoodLeavesADeadLetterThatTellsWhereItIsAndWhyAndNothingOfIt() {
        await(() -> intake.reject(message(7), "not-json", "it is no JSON"));

        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.path("service").asText()).isEqualTo("common");
            assertThat(letter.path("topic").asText()).isEqualTo(topic);
            assertThat(letter.path("partition").asInt()).isEqualTo(2);
            assertThat(letter.path("offset").asLong()).isEqualTo(7);
            assertThat(letter.path("bytes").asInt()).isEqualTo(CONTENT.length());
            assertThat(letter.path("reason").asText()).isEqualTo("not-json");
            assertThat(letter.path("detail").asText()).isEqualTo("it is no JSON");
            assertThat(letter.toString()).doesNotContain(CONTENT);
        });
        assertThat(counted("dead-lettered")).isEqualTo(1);
        assertThat(counted("read")).isZero();
    }

    @Test
    void aMessageWithoutAValueLeavesADeadLetterToo() {
        await(() -> intake.reject(new ConsumerRecord<>(topic, 0, 1, null, null), "empty", "it is empty"));

        assertThat(letters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.path("bytes").asInt(-1)).isZero());
    }

    // One of each kind that the database will never take: SQLSTATE 22 and 23.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into cluster (cluster) values (convert_from(decode('00', 'hex'), 'UTF8'))",
                "insert into cluster (cluster, generation) values ('x', 'the-content-of-the-message')",
                "insert into cluster (cluster, generation) values ('x', 2147483647 + 1)",
                "insert into cluster (cluster, due_at) values ('x', 'the-content-of-the-message')",
                "insert into cluster (cluster, phase) values ('the-content-of-the-message', 'NEITHER')",
                "insert into cluster (cluster) values (null)",
                "insert into cluster (cluster) values ('the-content-of-the-message'), ('the-content-of-the-message')"
            })
    void whatTheDatabaseWillNeverTakeBecomesADeadLetter(String impossible) {
        await(() -> intake.commit(message(3), session -> rows.hear(session, cluster, row -> row.generation = 1)
                .chain(() -> session.createNativeQuery(impossible).executeUpdate())
                .replaceWithVoid()));

        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.path("reason").asText()).isEqualTo("impossible");
            assertThat(letter.path("offset").asLong()).isEqualTo(3);
            assertThat(letter.toString()).doesNotContain(CONTENT, "23505");
        });
        assertThat(counted("dead-lettered")).isEqualTo(1);
        assertThat(counted("read")).isZero();
        assertThat(database.count("cluster", "true")).isZero();

        // And what follows it on the partition goes on.
        await(() -> intake.commit(message(4), session -> rows.hear(session, cluster, row -> row.generation = 2)));
        assertThat(database.count("cluster", "generation = 2")).isEqualTo(1);
    }

    @Test
    void whatTheDatabaseRefusesAtTheFlushBecomesADeadLetterToo() {
        await(() -> intake.commit(message(3), session -> {
            var row = new TestCluster();
            row.cluster = CONTENT + "\u0000";
            row.phase = Phase.PRESENT;
            return session.persist(row);
        }));

        assertThat(letters())
                .singleElement()
                .satisfies(letter -> assertThat(letter.path("reason").asText()).isEqualTo("impossible"));
    }

    @Test
    void whatOurOwnChecksRefuseBecomesADeadLetterToo() {
        await(() -> intake.commit(
                message(3),
                session -> rows.hear(session, cluster, row -> {
                    throw new IllegalArgumentException(CONTENT);
                })));

        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.path("reason").asText()).isEqualTo("impossible");
            assertThat(letter.toString()).doesNotContain(CONTENT);
        });
        assertThat(database.count("cluster", "true")).isZero();
    }

    @Test
    void aTextWithANulBecomesADeadLetter() {
        await(() -> intake.commit(message(3), session -> rows.hear(session, CONTENT + "\u0000", row -> {})));

        assertThat(letters()).hasSize(1);
    }

    // Serialization failures, deadlocks, a server that has no room or may only be read: all of them pass.
    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01", "53300", "25006"})
    void whatMayWorkLaterIsTriedUntilItDoesAndNothingIsSkipped(String state) {
        var attempts = new AtomicInteger();

        await(() -> intake.commit(message(5), session -> rows.hear(session, cluster, row -> row.generation++)
                .chain(() -> attempts.incrementAndGet() < 3
                        ? raise(session, state)
                        : Uni.createFrom().voidItem())));

        assertThat(attempts).hasValue(3);
        assertThat(database.count("cluster", "generation = 1")).isEqualTo(1);
        assertThat(counted("read")).isEqualTo(1);
        assertThat(letters()).isEmpty();
    }

    @Test
    void aConnectionThatTheDatabaseCutsInMidTransactionCostsARetry() {
        var attempts = new AtomicInteger();

        await(() -> intake.commit(message(5), session -> rows.hear(session, cluster, row -> row.generation++)
                .call(session::flush)
                .chain(() -> attempts.incrementAndGet() < 3
                        ? session.createNativeQuery("select pg_terminate_backend(pg_backend_pid())", Boolean.class)
                                .getSingleResult()
                                .replaceWithVoid()
                        : Uni.createFrom().voidItem())));

        assertThat(attempts).hasValue(3);
        assertThat(database.count("cluster", "generation = 1")).isEqualTo(1);
        assertThat(letters()).isEmpty();
    }

    @Test
    void whatWorksOnlyLaterCanStillTurnOutToBeImpossible() {
        var attempts = new AtomicInteger();

        await(() -> intake.commit(
                message(5), session -> raise(session, attempts.incrementAndGet() < 2 ? "40001" : "23514")));

        assertThat(letters()).hasSize(1);
    }

    @Test
    void whatIsNotTheDatabasesFaultIsNotSkippedEither() {
        var attempts = new AtomicInteger();

        assertThatThrownBy(() -> VertxContextSupport.subscribeAndAwait(() -> intake.commit(message(5), session -> {
                            attempts.incrementAndGet();
                            throw new IllegalStateException("a mistake of ours");
                        })
                        .ifNoItem()
                        .after(Duration.ofSeconds(1))
                        .fail()))
                .isInstanceOf(TimeoutException.class);

        assertThat(attempts).hasValueGreaterThan(1);
        assertThat(letters()).isEmpty();
        assertThat(counted("read")).isZero();
    }

    // Batches

    @Test
    void aBatchIsDoneWhenAllThatItSaysIsCommitted() {
        var others = List.of(UUID.randomUUID().toString(), UUID.randomUUID().toString());

        await(() -> hear(batch(cluster, others.get(0), NONE_OF_OURS, BAD, others.get(1), cluster, NONE_OF_OURS)));

        assertThat(database.count("cluster", "cluster = $1 and generation = 2", cluster))
                .isEqualTo(1);
        assertThat(database.count("cluster", "generation = 1")).isEqualTo(2);
        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.path("offset").asLong()).isEqualTo(3);
            assertThat(letter.path("reason").asText()).isEqualTo("not-json");
            assertThat(letter.path("detail").asText()).isEqualTo("it is no JSON");
        });
        assertThat(counted("read")).isEqualTo(4);
        assertThat(counted("ignored")).isEqualTo(2);
        assertThat(counted("dead-lettered")).isEqualTo(1);
        assertThat(passed()).isEqualTo(7);
    }

    @Test
    void aBatchOfWhatIsNoneOfOursNeedsNoTransaction() {
        await(() -> intake.commitAll(batch(NONE_OF_OURS, NONE_OF_OURS), IntakeTest::parse, (session, told) -> {
            throw new AssertionError("nothing was told");
        }));

        assertThat(counted("ignored")).isEqualTo(2);
        assertThat(passed()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 6})
    void oneBadMessageInABatchRefusesOnlyItself(int place) {
        var clusters =
                Stream.generate(() -> UUID.randomUUID().toString()).limit(7).toList();
        var bad = clusters.get(place);

        await(() -> intake.commitAll(
                batch(clusters.toArray(String[]::new)),
                IntakeTest::parse,
                (session, told) -> rows.hearAll(session, told, ClusterNotification::cluster, (row, one) -> {
                    row.generation++;
                    // The database takes no NUL, and says so only when the whole is written.
                    row.why = one.cluster().equals(bad) ? "\u0000" : null;
                })));

        assertThat(database.count("cluster", "generation = 1")).isEqualTo(6);
        assertThat(database.count("cluster", "cluster = $1", bad)).isZero();
        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.path("offset").asInt()).isEqualTo(place);
            assertThat(letter.path("reason").asText()).isEqualTo("impossible");
        });
        assertThat(counted("read")).isEqualTo(6);
        assertThat(counted("dead-lettered")).isEqualTo(1);
        assertThat(passed()).isEqualTo(7);
    }

    @Test
    void aBatchWhoseTransactionFailsIsTakenAgainAsAWhole() {
        var told = new ArrayList<Integer>();

        await(() -> intake.commitAll(
                batch(cluster, NONE_OF_OURS, UUID.randomUUID().toString(), BAD), IntakeTest::parse, (session, all) -> {
                    told.add(all.size());
                    return take(session, all)
                            .chain(() -> told.size() < 3
                                    ? raise(session, "40P01")
                                    : Uni.createFrom().voidItem());
                }));

        assertThat(told).containsExactly(2, 2, 2);
        assertThat(database.count("cluster", "generation = 1")).isEqualTo(2);
        assertThat(letters()).hasSize(1);
        assertThat(counted("read")).isEqualTo(2);
        assertThat(counted("dead-lettered")).isEqualTo(1);
    }

    @Test
    void nothingIsAcknowledgedBeforeTheCommit() throws InterruptedException {
        var underWay = new CountDownLatch(1);
        var leave = new CompletableFuture<Void>();

        var acknowledged = CompletableFuture.runAsync(
                () -> await(() -> intake.commitAll(
                        batch(cluster, NONE_OF_OURS), IntakeTest::parse, (session, told) -> take(session, told)
                                .call(session::flush)
                                .invoke(underWay::countDown)
                                .chain(() -> until(leave)))),
                Thread::startVirtualThread);
        assertThat(underWay.await(20, TimeUnit.SECONDS)).isTrue();

        assertThat(acknowledged).isNotDone();
        assertThat(passed()).isZero();

        leave.complete(null);
        acknowledged.join();
        assertThat(database.count("cluster", "generation = 1")).isEqualTo(1);
        assertThat(passed()).isEqualTo(2);
    }

    /** Goes on, where it is now, when that is done. */
    private static Uni<Void> until(CompletableFuture<Void> done) {
        var context = Vertx.currentContext();
        return Uni.createFrom().completionStage(done).emitOn(rest -> context.runOnContext(nothing -> rest.run()));
    }

    private Uni<Void> hear(ConsumerRecords<String, byte[]> batch) {
        return intake.commitAll(batch, IntakeTest::parse, this::take);
    }

    private Uni<Void> take(Mutiny.Session session, List<ClusterNotification> told) {
        return rows.hearAll(session, told, ClusterNotification::cluster, (row, one) -> row.generation++);
    }

    private ConsumerRecords<String, byte[]> batch(String... bodies) {
        var messages = IntStream.range(0, bodies.length)
                .mapToObj(i -> new ConsumerRecord<String, byte[]>(
                        topic, 2, i, null, bodies[i].getBytes(StandardCharsets.UTF_8)))
                .toList();
        return new ConsumerRecords<>(Map.of(new TopicPartition(topic, 2), messages), Map.of());
    }

    private static Parsed parse(byte[] body) {
        var text = new String(body, StandardCharsets.UTF_8);
        return switch (text) {
            case NONE_OF_OURS -> new Parsed.Ignored();
            case BAD -> new Parsed.Rejected(Reason.NOT_JSON, "it is no JSON");
            default ->
                new Parsed.Cluster(new ClusterNotification(text, Action.UPDATE, Outcome.PENDING, null, null), null);
        };
    }

    /** The offset up to which the database says that it was told; 0 if it says nothing. */
    private long passed() {
        positions.write().await().indefinitely();
        return database.rows("select next from position where topic = $1", topic).stream()
                .mapToLong(row -> row.getLong(0))
                .sum();
    }

    private ConsumerRecord<String, byte[]> message(long offset) {
        return new ConsumerRecord<>(topic, 2, offset, null, CONTENT.getBytes(StandardCharsets.UTF_8));
    }

    private static Uni<Void> raise(Mutiny.Session session, String state) {
        return session.createNativeQuery(
                        "do $$ begin raise exception 'made up' using errcode = '%s'; end $$".formatted(state))
                .executeUpdate()
                .replaceWithVoid();
    }

    private double counted(String result) {
        return metrics.counter("lanyard.messages", "topic", topic, "result", result)
                .count();
    }

    private List<JsonNode> letters() {
        return database
                .rows(
                        "select body from outbox where topic = $1",
                        config.topics().deadLetters())
                .stream()
                .map(row -> {
                    try {
                        return JSON.readTree(row.getBuffer(0).getBytes());
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toList();
    }

    private static void await(Supplier<Uni<Void>> work) {
        try {
            VertxContextSupport.subscribeAndAwait(
                    () -> work.get().ifNoItem().after(Duration.ofSeconds(20)).fail());
        } catch (Throwable e) {
            throw new AssertionError("the message was never done", e);
        }
    }
}
