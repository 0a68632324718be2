package lanyard.local.conductor;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import lanyard.local.stack.Home;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What an operator asks for on the topic of the credential events.
 *
 * @param cluster that it is about; the nil UUID if it is about none
 * @param data beside the cluster
 */
record OperatorEvent(String type, UUID cluster, ObjectNode data) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final RecordHeader CONTENT_TYPE =
            new RecordHeader("content-type", "application/cloudevents+json".getBytes(StandardCharsets.UTF_8));

    /** An event's data, to be filled. */
    static ObjectNode data(UUID cluster) {
        return JsonNodeFactory.instance.objectNode().put("cluster", cluster.toString());
    }

    /** Returns when the broker has the event. */
    void tell(Home home) {
        var kafka = KafkaAccess.of(home);
        try (var producer = new KafkaProducer<>(
                kafka.with(Map.of(
                        ProducerConfig.CLIENT_ID_CONFIG, "operator",
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000)),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(
                            CredentialEvents.topic(home), null, cluster.toString(), json(), List.of(CONTENT_TYPE)))
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while asking for it", "run the command again", e);
        } catch (ExecutionException | KafkaException e) {
            throw new Trouble(
                    "Kafka at " + kafka + " does not take the request", "see how it is with ./lanyard status", e);
        }
    }

    /** CloudEvents 1.0, structured, JSON. */
    private String json() {
        return JSON.createObjectNode()
                .put("specversion", "1.0")
                .put("id", UUID.randomUUID().toString())
                .put("source", "/lanyard/operator")
                .put("type", type)
                .put("subject", cluster.toString())
                .put("time", Instant.now().toString())
                .put("datacontenttype", "application/json")
                .put("dataschema", "urn:lanyard:" + type + ":1")
                .set("data", data)
                .toString();
    }
}
