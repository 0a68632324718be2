package lanyard.common.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import lanyard.common.reconcile.ByHand;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the replicas of a service share the partitions of a topic when one of them comes. */
@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class RebalanceTest {
    private static final int PARTITIONS = 6;

    @Inject
    Positions positions;

    @ConfigProperty(name = "mp.messaging.connector.smallrye-kafka.partition.assignment.strategy")
    String strategy;

    private final String topic = "rebalance-" + UUID.randomUUID();
    private final String servers = RealParts.environment("LANYARD_KAFKA");
    private final TestBus bus = new TestBus();
    private final List<Replica> replicas = new ArrayList<>();

    @BeforeEach
    void makeTheTopic() throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
    }

    @AfterEach
    void removeTheTopic() throws ExecutionException, InterruptedException {
        replicas.forEach(replica -> replica.consumer.close());
        bus.close();
        try (var admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    @Test
    void aReplicaThatComesTakesItsShareAndStopsNobodyInTheRestOfTheirs() {
        var first = replica(Map.of("partition.assignment.strategy", strategy));
        var second = replica(Map.of("partition.assignment.strategy", strategy));
        share(3, 3);
        var before = Map.of(first, Set.copyOf(first.assigned()), second, Set.copyOf(second.assigned()));
        tellEachPartition();
        awaitRead(PARTITIONS);
        replicas.forEach(replica -> {
            replica.given.clear();
            replica.taken.clear();
        });

        var third = replica(Map.of("partition.assignment.strategy", strategy));
        share(2, 2, 2);
        tellEachPartition();
        awaitRead(2 * PARTITIONS);

        assertThat(Stream.of(first, second).flatMap(replica -> replica.taken.stream()))
                .as("what the others had to give up is what the third has now")
                .containsExactlyInAnyOrderElementsOf(third.assigned());
        for (var replica : List.of(first, second)) {
            assertThat(replica.given).as("nothing was given that it had").isEmpty();
            assertThat(before.get(replica)).containsAll(replica.assigned());
        }
        assertThat(Stream.of(first, second, third).flatMap(replica -> replica.read.stream()))
                .as("what was read by one before it moved is the only thing that is read twice")
                .hasSizeLessThanOrEqualTo(2 * PARTITIONS + third.assigned().size());
    }

    @Test
    void aReplicaOfAVersionThatStoppedAllIsInTheSameGroup() {
        replica(Map.of());
        share(PARTITIONS);
        replica(Map.of("partition.assignment.strategy", strategy));

        share(3, 3);
        tellEachPartition();

        awaitRead(PARTITIONS);
    }

    private void tellEachPartition() {
        for (var partition = 0; partition < PARTITIONS; partition++) {
            bus.send(topic, partition, null, "told".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Waits until each replica has so many partitions. */
    private void share(Integer... counts) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            replicas.forEach(Replica::poll);
            return replicas.stream()
                    .map(replica -> replica.assigned().size())
                    .toList()
                    .equals(Arrays.asList(counts));
        });
    }

    private void awaitRead(int records) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            replicas.forEach(Replica::poll);
            return replicas.stream()
                            .flatMap(replica -> replica.read.stream())
                            .distinct()
                            .count()
                    == records;
        });
    }

    private Replica replica(Map<String, String> settings) {
        var replica = new Replica(settings);
        replicas.add(replica);
        return replica;
    }

    /** One of the service's replicas, with what was given to it, taken from it, and read by it. */
    private final class Replica implements ConsumerRebalanceListener {
        private final KafkaConsumer<String, byte[]> consumer;
        private final Set<TopicPartition> given = new HashSet<>();
        private final List<TopicPartition> taken = new ArrayList<>();
        private final List<String> read = new ArrayList<>();

        Replica(Map<String, String> settings) {
            var all = new HashMap<String, Object>(settings);
            all.put("bootstrap.servers", servers);
            all.put("group.id", topic);
            all.put("enable.auto.commit", "false");
            all.put("auto.offset.reset", "earliest");
            consumer = new KafkaConsumer<>(all, new StringDeserializer(), new ByteArrayDeserializer());
            consumer.subscribe(List.of(topic), this);
        }

        Set<TopicPartition> assigned() {
            return consumer.assignment();
        }

        void poll() {
            for (var record : consumer.poll(Duration.ofMillis(50))) {
                read.add(record.partition() + "@" + record.offset());
                positions.pass(record);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            taken.addAll(partitions);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            given.addAll(partitions);
            positions.onPartitionsAssigned(consumer, partitions);
        }
    }
}
