package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.jwk.ECKey;
import io.agroal.api.AgroalDataSource;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.EventCodec;
import lanyard.common.secrets.KeyRing;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** What provisioner, revoker and conductor do on the bus, and what was already in the rows when a test begins. */
@ApplicationScoped
class Neighbours {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestBus bus = new TestBus();
    private final KeyRing keys;
    private final AgroalDataSource database;
    private final String topic;
    private final String audit;
    private final String domain;
    private final Path conductorKey;

    Neighbours(
            KeyRing keys,
            AgroalDataSource database,
            @ConfigProperty(name = "lanyard.topics.credentials") String topic,
            @ConfigProperty(name = "lanyard.topics.audit") String audit,
            @ConfigProperty(name = "lanyard.domain") String domain,
            @ConfigProperty(name = RealParts.CONDUCTOR_KEY) Path conductorKey) {
        this.keys = keys;
        this.database = database;
        this.topic = topic;
        this.audit = audit;
        this.domain = domain;
        this.conductorKey = conductorKey;
    }

    @PreDestroy
    void leave() {
        bus.close();
    }

    void tell(CredentialEvent event) {
        var body = EventCodec.write(event, UUID.randomUUID().toString(), "/lanyard/provisioner", Instant.now());
        bus.send(topic, null, event.cluster(), body);
    }

    /** Announces a delegation, and answers what the conductor finds in the first seal. */
    Client ready(CredentialProvisioned provisioned) {
        tell(provisioned);
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> assertThat(
                        bus.events(topic, provisioned.cluster(), "credential.ready"))
                .isNotEmpty());
        return Client.of(unsealed(
                bus.events(topic, provisioned.cluster(), "credential.ready").getFirst()));
    }

    /** What the audit was told of a cluster. */
    List<JsonNode> audited(String cluster, String type) {
        return bus.events(audit, cluster, type);
    }

    private JsonNode unsealed(JsonNode ready) {
        try {
            var jwe = JWEObject.parse(ready.at("/data/sealed/0/jwe").asText());
            jwe.decrypt(new ECDHDecrypter(ECKey.parse(Files.readString(conductorKey))));
            return JSON.readTree(jwe.getPayload().toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A cluster that was proven and announced long ago, with a trust that is made up. */
    Client settled() {
        var cluster = UUID.randomUUID().toString();
        sql(
                """
                insert into cluster (cluster, client, client_key, backend, backend_key, project, trustee, trustee_domain,
                    announced, proven)
                  values ('%1$s', 1, 'test', 1, 'test', 'project', 'trustee-of-%1$s', 'domain', 1, 1)
                """
                        .formatted(cluster),
                "insert into delegation (cluster, purpose, trust, trustee, roles) values ('%1$s', 'p', '%2$s', 'PER_CLUSTER', '{member}')"
                        .formatted(cluster, madeUpTrust(cluster)));
        return credential(cluster, "p", 1, "null");
    }

    static String madeUpTrust(String cluster) {
        return "trust-of-" + cluster;
    }

    /** A client credential of a cluster that was replaced long ago, and is still in the rows. */
    Client superseded(Client newest) {
        return credential(newest.cluster(), newest.purpose(), 99, "now() - interval '1 day'");
    }

    private Client credential(String cluster, String purpose, int generation, String validUntil) {
        var id = Credential.id(cluster, purpose, generation);
        sql(
                "insert into credential (id, cluster, purpose, generation, key, valid_until) values ('%s', '%s', '%s', %d, 'test', %s)"
                        .formatted(id, cluster, purpose, generation, validUntil));
        var secret = keys.derive("test", KeyRing.Purpose.CLIENT, id, generation).reveal();
        return new Client(cluster, "project", id, secret, purpose, domain);
    }

    private void sql(String... statements) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
