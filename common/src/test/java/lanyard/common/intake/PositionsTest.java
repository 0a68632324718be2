package lanyard.common.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaProducer;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import lanyard.common.reconcile.ByHand;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class PositionsTest {
    private static final int TOLD = 5;

    @Inject
    Positions positions;

    @Inject
    Pool database;

    private final String topic = "positions-" + UUID.randomUUID();
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private final String servers = RealParts.environment("LANYARD_KAFKA");

    @BeforeEach
    void tell() throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", servers));
                var bus = new TestBus()) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            for (int i = 0; i < TOLD; i++) {
                bus.send(topic, "told".getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @AfterEach
    void removeTheTopic() throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    @Test
    void aServiceThatStartsAgainReadsOnWhereItWas() {
        assertThat(read()).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(read()).isEmpty();
    }

    @Test
    void whatWasToldSinceABackupIsReadAgainOnceTheDatabaseIsSetBackToIt() {
        read();

        execute("update position set next = 2 where topic = '" + topic + "'");

        assertThat(read()).containsExactly(2L, 3L, 4L);
    }

    @Test
    void aDatabaseThatIsNewIsToldEverythingAgain() {
        read();

        execute("delete from position where topic = '" + topic + "'");

        assertThat(read()).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void aGroupThatIsSetBackByHandReadsFromThere() {
        read();

        committed(3);

        assertThat(read()).containsExactly(3L, 4L);
    }

    @Test
    void aGroupThatKafkaHasForgottenReadsOnWhereTheDatabaseSays() throws ExecutionException, InterruptedException {
        read();

        try (var admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.deleteConsumerGroups(List.of(topic)).all().get();
        }

        assertThat(read()).isEmpty();
    }

    @Test
    void whatIsWrittenDownNeverRunsAheadOfWhatWasCommitted() {
        assertThat(Positions.start(7L, 9L)).isEqualTo(7);
        assertThat(Positions.start(9L, 7L)).isEqualTo(7);
        assertThat(Positions.start(9L, null)).isEqualTo(9);
        assertThat(Positions.start(null, 7L)).isZero();
        assertThat(Positions.start(null, null)).isZero();
    }

    @Test
    void aCommitThatFailsIsRepeatedThoughNothingMoreIsTold() {
        try (var consumer = consumer()) {
            consumer.assign(List.of(partition));
            var refusals = new ArrayDeque<>(List.of(new RebalanceInProgressException("the group is rebalancing")));
            var service = new Positions(database, new OneChannel(consumer, refusals));
            service.pass(new ConsumerRecord<>(topic, 0, 2, null, new byte[0]));

            service.commit().await().indefinitely();
            assertThat(committed(consumer)).as("as Kafka refused it").isNull();

            service.commit().await().indefinitely();
            assertThat(committed(consumer)).isEqualTo(new OffsetAndMetadata(3));
        }
    }

    @Test
    void whatIsAnotherReplicasByNowIsNotCommitted() {
        try (var consumer = consumer()) {
            var service = new Positions(database, new OneChannel(consumer, new ArrayDeque<>()));
            service.pass(new ConsumerRecord<>(topic, 0, 2, null, new byte[0]));

            service.commit().await().indefinitely();

            assertThat(committed(consumer)).isNull();
        }
    }

    /** What the service knows of its consumers, of which it has one here. */
    private record OneChannel(Consumer<String, byte[]> consumer, Queue<? extends RuntimeException> refusals)
            implements KafkaClientService {
        @Override
        @SuppressWarnings("unchecked")
        public <K, V> List<io.smallrye.reactive.messaging.kafka.KafkaConsumer<K, V>> getConsumers(String channel) {
            return List.of((io.smallrye.reactive.messaging.kafka.KafkaConsumer<K, V>) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {io.smallrye.reactive.messaging.kafka.KafkaConsumer.class},
                    (proxy, method, arguments) -> run((java.util.function.Consumer<Consumer<?, ?>>) arguments[0])));
        }

        private Uni<Void> run(java.util.function.Consumer<Consumer<?, ?>> task) {
            var refusal = refusals.poll();
            return refusal == null
                    ? Uni.createFrom().voidItem().invoke(() -> task.accept(consumer))
                    : Uni.createFrom().failure(refusal);
        }

        @Override
        public <K, V> KafkaProducer<K, V> getProducer(String channel) {
            throw new IllegalArgumentException(channel);
        }

        @Override
        public Set<String> getConsumerChannels() {
            return Set.of("one");
        }

        @Override
        public Set<String> getProducerChannels() {
            return Set.of();
        }
    }

    private @Nullable OffsetAndMetadata committed(Consumer<?, ?> consumer) {
        return consumer.committed(Set.of(partition)).get(partition);
    }

    /** Reads the topic to its end as one replica of the group; returns the offsets it was given. */
    private List<Long> read() {
        var given = new ArrayList<Long>();
        try (var consumer = consumer()) {
            consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                    positions.onPartitionsAssigned(consumer, partitions);
                    assertThat(consumer.committed(Set.copyOf(partitions)).values())
                            .as("the group is never said to have heard more than it is about to read on from")
                            .allSatisfy(reached -> assertThat(reached == null ? 0 : reached.offset())
                                    .isLessThanOrEqualTo(consumer.position(partition)));
                }
            });
            await().until(() -> {
                for (var record : consumer.poll(Duration.ofMillis(100))) {
                    given.add(record.offset());
                    positions.pass(record);
                }
                return consumer.assignment().contains(partition) && consumer.position(partition) == TOLD;
            });
            consumer.commitSync();
        }
        positions.write().await().indefinitely();
        return given;
    }

    private void committed(long offset) {
        try (var consumer = consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, offset);
            consumer.commitSync();
        }
    }

    private KafkaConsumer<String, byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        servers,
                        "group.id",
                        topic,
                        "enable.auto.commit",
                        "false",
                        "auto.offset.reset",
                        "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
    }

    private void execute(String sql) {
        database.query(sql).execute().await().indefinitely();
    }
}
