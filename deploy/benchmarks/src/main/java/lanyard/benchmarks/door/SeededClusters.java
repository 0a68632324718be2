package lanyard.benchmarks.door;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import lanyard.benchmarks.door.StandIn.Trust;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.conductor.CredentialEvent;
import lanyard.local.conductor.CredentialEvents;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Clusters that only the token issuer and the {@link StandIn} know of: the issuer is told of them as the provisioner would tell it, and
 * nobody made anything in a Keystone.
 */
final class SeededClusters {
    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, String> env;
    private final StandIn keystone;
    private final List<ClientCredential> credentials = new ArrayList<>();

    SeededClusters(Map<String, String> env, StandIn keystone) {
        this.env = env;
        this.keystone = keystone;
    }

    /** Sees to it that there are so many; returns their credentials. */
    List<ClientCredential> grow(int count, Terminal.Progress progress) {
        var events = Stream.generate(UUID::randomUUID)
                .limit(Math.max(0, count - credentials.size()))
                .map(UUID::toString)
                .map(cluster -> new ProducerRecord<>(CredentialEvents.TOPIC, cluster, provisioned(cluster)))
                .toList();
        var uuids = new HashSet<String>();
        events.forEach(event -> uuids.add(event.key()));
        credentials.addAll(new Clusters(env).await(uuids, progress, () -> tell(events)));
        return credentials.subList(0, count);
    }

    private String provisioned(String cluster) {
        var trust = new Trust(id(), id(), id());
        keystone.add(trust);
        var event = JSON.createObjectNode()
                .put("specversion", "1.0")
                .put("id", UUID.randomUUID().toString())
                .put("source", "/lanyard/bench")
                .put("type", CredentialEvent.PROVISIONED)
                .put("subject", cluster)
                .put("time", Instant.now().toString())
                .put("datacontenttype", "application/json")
                .put("dataschema", "urn:lanyard:" + CredentialEvent.PROVISIONED + ":1");
        var key = env.getOrDefault("LANYARD_KEY_RING_CURRENT", "");
        var data = event.putObject("data");
        data.put("cluster", cluster).put("project", trust.project());
        data.putObject("client").put("generation", 1).put("key", key);
        data.putObject("backend").put("generation", 1).put("key", key);
        data.put("delegation", "project-trust");
        data.putObject("custodian").put("id", id()).put("name", "custodian-" + trust.project());
        data.putObject("trustee")
                .put("id", trust.trustee())
                .put("name", cluster)
                .put("domain", id());
        data.putArray("grants")
                .addObject()
                .put("purpose", "cloud-provider")
                .put("trust", trust.id())
                .put("trustee", "per-cluster")
                .putArray("roles")
                .add("member");
        return event.toString();
    }

    private static String id() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private void tell(List<ProducerRecord<String, String>> events) {
        var kafka = env.getOrDefault("LANYARD_KAFKA", "");
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka, ProducerConfig.CLIENT_ID_CONFIG, "bench"),
                new StringSerializer(),
                new StringSerializer())) {
            var underWay = new ArrayList<Future<?>>();
            events.forEach(event -> underWay.add(producer.send(event)));
            for (var one : underWay) {
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run the command again", e);
        } catch (ExecutionException | KafkaException e) {
            throw new Trouble("Kafka at " + kafka + " does not take the events", "look at Kafka's log", e);
        }
    }
}
