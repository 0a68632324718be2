package lanyard.common.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A test's own hands and eyes on the real Kafka. */
public final class TestBus implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    // The ids in the captured life of the cluster `life` in captures/magnum-kafka.jsonl.
    private static final String CAPTURED_CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final String CAPTURED_PROJECT = "ba5717e041c54c59af754c97ebfddafb";
    private static final String CAPTURED_OWNER = "7de020f4013d4f81bb080153325bff93";

    private final Map<String, Object> connection;
    private final KafkaProducer<String, byte[]> producer;

    /** On the stack's broker. */
    public TestBus() {
        this(RealParts.environment("LANYARD_KAFKA"));
    }

    /** @param servers host and port of a broker */
    public TestBus(String servers) {
        this(Map.of("bootstrap.servers", servers));
    }

    /** @param connection what Kafka's clients have to be told to reach a broker */
    public TestBus(Map<String, ?> connection) {
        this.connection = Map.copyOf(connection);
        this.producer = new KafkaProducer<>(and("acks", "all"), new StringSerializer(), new ByteArraySerializer());
    }

    private Map<String, Object> and(String setting, Object value) {
        var settings = new HashMap<>(connection);
        settings.put(setting, value);
        return settings;
    }

    /**
     * The genuine notification that a conductor sent for that action and outcome, with these ids in place of the captured ones.
     */
    public static byte[] notification(String action, String outcome, String cluster, String project, String owner) {
        try (var lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(TestBus.class.getResourceAsStream("/captures/magnum-kafka.jsonl")),
                StandardCharsets.UTF_8))) {
            for (var line : lines.lines().toList()) {
                var value = JSON.readTree(line).get("value").asText();
                var payload = JSON.readTree(
                                JSON.readTree(value).get("oslo.message").asText())
                        .get("payload");
                if (payload.at("/target/id").asText().equals(CAPTURED_CLUSTER)
                        && payload.get("action").asText().equals(action)
                        && payload.get("outcome").asText().equals(outcome)) {
                    return value.replace(CAPTURED_CLUSTER, cluster)
                            .replace(CAPTURED_PROJECT, project)
                            .replace(CAPTURED_OWNER, owner)
                            .getBytes(StandardCharsets.UTF_8);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalArgumentException("no captured " + action + "/" + outcome);
    }

    /** Sends a message and waits until the broker has it. */
    public void send(String topic, @Nullable Integer partition, @Nullable String key, byte[] body) {
        try {
            producer.send(new ProducerRecord<>(topic, partition, key, body)).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends a message as oslo.messaging does: without a key. */
    public void send(String topic, byte[] body) {
        send(topic, null, null, body);
    }

    /** Every record that is on the topic now, from its beginning. */
    public List<ConsumerRecord<String, byte[]>> everything(String topic) {
        try (var consumer = new KafkaConsumer<>(
                and("enable.auto.commit", "false"), new StringDeserializer(), new ByteArrayDeserializer())) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            var records = new ArrayList<ConsumerRecord<String, byte[]>>();
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    /** The CloudEvents of this type about this cluster that are on the topic now, in the order of its partition. */
    public List<JsonNode> events(String topic, String cluster, String type) {
        return everything(topic).stream()
                .filter(record -> cluster.equals(record.key()))
                .map(record -> {
                    try {
                        return JSON.readTree(record.value());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .filter(event -> event.path("type").asText().equals(type))
                .toList();
    }

    @Override
    public void close() {
        producer.close();
    }
}
