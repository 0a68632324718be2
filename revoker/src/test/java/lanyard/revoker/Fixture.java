package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.EventCodec;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.Trusteeship;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.awaitility.core.ConditionFactory;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
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
        var made = GivenDelegation.make(keystone, domain, tenant, cluster, trusts);
        custodians.add(made.custodian());
        return made;
    }

    /** All is told on one partition, so that what is told last is heard last. */
    void tell(String action, String outcome, String about) {
        tell(action, outcome, about, tenant.project());
    }

    void tell(String action, String outcome, String about, String project) {
        bus.send(
                notifications.getFirst(),
                0,
                null,
                TestBus.notification(action, outcome, about, project, tenant.owner()));
    }

    /** That so many clusters are being made, on the partition on which all else is told. */
    void tellCreated(int clusters) {
        var create = new String(
                TestBus.notification("create", "pending", cluster, tenant.project(), tenant.owner()),
                StandardCharsets.UTF_8);
        for (int i = 0; i < clusters; i++) {
            var other = create.replace(cluster, UUID.randomUUID().toString());
            bus.send(notifications.getFirst(), 0, null, other.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** A deletion whose notification does not say in which project. */
    void tellDeletedSomewhere(String about) {
        var whole = new String(
                TestBus.notification("delete", "success", about, tenant.project(), tenant.owner()),
                StandardCharsets.UTF_8);
        var without = whole.replace("\\\"project_id\\\"", "\\\"no_project_id\\\"");
        assertThat(without).isNotEqualTo(whole);
        bus.send(notifications.getFirst(), 0, null, without.getBytes(StandardCharsets.UTF_8));
    }

    void tellProvisioned(GivenDelegation made) {
        tellProvisioned(
                cluster,
                new Trustee(made.trustee(), cluster, made.domainId()),
                List.of(new Grant(
                        "cloud-provider", made.trusts().getFirst(), Trusteeship.PER_CLUSTER, List.of("member"))));
    }

    void tellProvisioned(String about, @Nullable Trustee trustee, List<Grant> grants) {
        tell(new CredentialProvisioned(
                about,
                tenant.project(),
                new Generation(1, "test"),
                new Generation(1, "test"),
                "project-trust",
                new Custodian("0".repeat(32), UserNames.custodian(tenant.project())),
                trustee,
                grants));
        // Read before anything that is told next, which comes on another topic: late, it would mean to look again.
        eventually().until(() -> column("provisioned_project", about) != null);
    }

    /** Id of a cluster's trust to the token issuer's user. */
    String trustToIssuer(String about, String purpose) {
        return trustToIssuer(GivenDelegation.name(about, purpose));
    }

    String trustToIssuer(Instant name) {
        var trust = GivenDelegation.trustToIssuer(keystone, domain, tenant, name);
        custodians.addAll(keystone.users(domain, UserNames.custodian(tenant.project())).stream()
                .map(user -> user.get("id").asText())
                .toList());
        return trust;
    }

    static Grant toIssuer(String purpose, String trust) {
        return new Grant(purpose, trust, Trusteeship.ISSUER, List.of("member"));
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

    void update(String sql) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
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
