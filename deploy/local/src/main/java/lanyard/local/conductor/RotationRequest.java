package lanyard.local.conductor;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What an operator says so that a cluster's credential is made anew: at least of which generations it is to be. It says what should be
 * true, so saying it twice rotates once.
 *
 * @param client the least generation of the client credential, which the cluster's clients hold
 * @param backend the least generation of what stands behind it in Keystone
 */
record RotationRequest(UUID cluster, int client, int backend) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final RecordHeader CONTENT_TYPE =
            new RecordHeader("content-type", "application/cloudevents+json".getBytes(StandardCharsets.UTF_8));

    /** The event (CloudEvents 1.0, structured, JSON). */
    String event(UUID id, Instant time) {
        var event = JSON.createObjectNode()
                .put("specversion", "1.0")
                .put("id", id.toString())
                .put("source", "/lanyard/operator")
                .put("type", CredentialEvent.ROTATION)
                .put("subject", cluster.toString())
                .put("time", time.toString())
                .put("datacontenttype", "application/json")
                .put("dataschema", "urn:lanyard:" + CredentialEvent.ROTATION + ":1");
        event.putObject("data")
                .put("cluster", cluster.toString())
                .put("client", client)
                .put("backend", backend);
        return event.toString();
    }

    /** Returns when the broker has the event. */
    void tell(String kafka) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka,
                        ProducerConfig.CLIENT_ID_CONFIG, "operator",
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000),
                new StringSerializer(),
                new StringSerializer())) {
            var said = event(UUID.randomUUID(), Instant.now());
            producer.send(new ProducerRecord<>(
                            CredentialEvents.TOPIC, null, cluster.toString(), said, List.of(CONTENT_TYPE)))
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while asking for the rotation", "run the command again", e);
        } catch (ExecutionException | KafkaException e) {
            throw new Trouble(
                    "Kafka at " + kafka + " does not take the request", "see how it is with ./lanyard status", e);
        }
    }
}
