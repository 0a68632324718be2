package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.EventCodec;
import lanyard.common.events.EventSchemas;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.awaitility.core.ConditionFactory;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The test's hands and eyes around the revoker: it is the conductor, the provisioner and the operator. */
abstract class Fixture {
    static final ObjectMapper JSON = new ObjectMapper();

    @ConfigProperty(name = "lanyard.topics.notifications")
    List<String> notifications;

    @ConfigProperty(name = "lanyard.topics.credentials")
    String credentials;

    @ConfigProperty(name = "lanyard.topics.dead-letters")
    String deadLetters;

    @ConfigProperty(name = "lanyard.domain")
    String domain;

    @Inject
    KeystoneAdmin admin;

    @Inject
    DataSource database;

    final TestKeystone keystone = new TestKeystone();
    final TestBus bus = new TestBus();
    final String cluster = UUID.randomUUID().toString();
    final List<String> custodians = new ArrayList<>();
    Tenant tenant;

    @BeforeEach
    void makeTenant() {
        tenant = keystone.makeTenant("member");
    }

    @AfterEach
    void leaveNothingBehind() {
        custodians.forEach(id -> keystone.admin("DELETE", "/users/" + id, null));
        keystone.removeTenant(tenant);
        bus.close();
    }

    GivenDelegation delegation(int trusts) {
        var made = GivenDelegation.make(admin, keystone, domain, tenant, cluster, trusts);
        custodians.add(made.custodian());
        return made;
    }

    /** All is told on one partition, so that what is told last is heard last. */
    void tell(String action, String outcome, String about) {
        bus.send(
                notifications.getFirst(),
                0,
                null,
                TestBus.notification(action, outcome, about, tenant.project(), tenant.owner()));
    }

    void tellProvisioned(GivenDelegation made) {
        tell(new CredentialProvisioned(
                cluster,
                tenant.project(),
                1,
                "project-trust",
                "test",
                new Custodian(made.custodian(), "custodian-" + cluster),
                new Trustee(made.trustee(), cluster, made.domainId()),
                List.of(new Grant("cloud-provider", made.trusts().getFirst(), List.of("member")))));
        // Read before anything that is told next, which comes on another topic: late, it would mean to look again.
        eventually().until(() -> column("phase", cluster) != null);
    }

    void tell(CredentialEvent event) {
        bus.send(
                credentials,
                null,
                event.cluster(),
                EventCodec.write(event, UUID.randomUUID().toString(), "/lanyard/provisioner", Instant.now()));
    }

    static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
    }

    /** The last of so many revocations of a cluster, each of which was valid; there must never be more. */
    JsonNode revoked(String about, int times) {
        var events = eventually()
                .until(() -> bus.events(credentials, about, "credential.revoked"), found -> found.size() >= times);
        assertThat(events).hasSize(times);
        bus.everything(credentials).stream()
                .filter(record -> about.equals(record.key()))
                .forEach(record -> EventSchemas.assertValid(record.value()));
        return events.getLast().get("data");
    }

    boolean trusteeIsThere() {
        return !keystone.users(domain, cluster).isEmpty();
    }

    boolean trustIsThere(String trust) {
        return keystone.admin("GET", "/OS-TRUST/trusts/" + trust, null).status() == 200;
    }

    List<JsonNode> lettersAbout(String topic) {
        return bus.everything(deadLetters).stream()
                .map(record -> json(record.value()))
                .filter(letter -> letter.get("topic").asText().equals(topic))
                .toList();
    }

    static JsonNode json(byte[] text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A column of the cluster's row as text; {@code null} if it is null or there is no row. */
    String column(String name, String about) {
        try (var connection = database.getConnection();
                var statement = connection.prepareStatement("select " + name + " from cluster where cluster = ?")) {
            statement.setString(1, about);
            try (var rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
