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
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.TestCluster;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.RealParts;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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

    @Inject
    Intake intake;

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
