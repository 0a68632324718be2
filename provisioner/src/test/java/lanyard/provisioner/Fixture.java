package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.EventCodec;
import lanyard.common.events.FailureReason;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Answer;
import lanyard.common.testing.TestKeystone.Tenant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.core.ConditionFactory;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;

/** The test's hands and eyes around the provisioner: it is the conductor, the revoker, the token issuer and the operator. */
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
    KeyRing keys;

    @Inject
    DataSource database;

    @TestHTTPResource("/q/health/ready")
    URI ready;

    @TestHTTPResource("/q/metrics")
    URI metrics;

    final TestKeystone keystone = new TestKeystone();
    final TestBus bus = new TestBus();
    final HttpClient http = PlainHttp.client();
    final List<Tenant> tenants = new ArrayList<>();
    final String cluster = UUID.randomUUID().toString();

    @AfterEach
    void leaveNothingBehind() {
        KeystoneSwitch.on();
        tenants.forEach(keystone::removeTenant);
        bus.close();
    }

    // What the test does.

    Tenant tenant(String... roles) {
        var tenant = keystone.makeTenant(roles);
        tenants.add(tenant);
        return tenant;
    }

    /** Somebody else's roles on the project are not the owner's. */
    void grantToSomebodyElse(Tenant tenant, String role) {
        keystone.grant(tenant().owner(), tenant.project(), role);
    }

    void tell(String action, String outcome, String about, Tenant tenant) {
        bus.send(
                notifications.getFirst(),
                0,
                null,
                TestBus.notification(action, outcome, about, tenant.project(), tenant.owner()));
    }

    /** The test tells all on one partition: once the last of it has made a row, the rest was heard. */
    void everythingSentIsHeard(Tenant tenant) {
        var last = UUID.randomUUID().toString();
        tell("update", "success", last, tenant);
        eventually().until(() -> column("cluster", last) != null);
    }

    /** All is told on one partition, so that what is told last is heard last. */
    void tell(CredentialEvent event) {
        bus.send(
                credentials,
                0,
                event.cluster(),
                EventCodec.write(event, UUID.randomUUID().toString(), "/lanyard/test", Instant.now()));
    }

    /** What the token issuer tells when Keystone gives no token for a backend. */
    CredentialFailed refused(int backend) {
        return new CredentialFailed(
                cluster, null, 1, backend, FailureReason.TOKEN_REFUSED, "somebody changed something, says a test");
    }

    void credentialsAreHeard() {
        var last = UUID.randomUUID().toString();
        tellRevoked(last);
        eventually().until(() -> column("cluster", last) != null);
    }

    /** As the revoker does: removes the cluster's trustee, and its trusts with it, and tells that. */
    void tellRevoked(String about) {
        var trustee = user(about);
        if (!trustee.isEmpty()) {
            keystone.admin("DELETE", "/users/" + trustee, null);
        }
        tell(new CredentialRevoked(about, 1, TrusteeFate.REMOVED));
    }

    /** Id of the domain, which the test makes if it comes before the service. */
    String lanyardsDomain() {
        if (keystone.domainId(domain).isEmpty()) {
            keystone.admin("POST", "/domains", "{\"domain\":{\"name\":\"%s\"}}".formatted(domain));
        }
        return keystone.domainId(domain);
    }

    void update(String sql) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    // What it sees on the bus.

    static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
    }

    JsonNode provisioned(String about) {
        return eventually()
                .until(() -> ofType(about, "credential.provisioned"), events -> !events.isEmpty())
                .getFirst();
    }

    /** What that event said, of so many. */
    JsonNode provisioned(String about, int number) {
        return eventually()
                .until(() -> ofType(about, "credential.provisioned"), events -> events.size() >= number)
                .get(number - 1)
                .get("data");
    }

    static List<String> trusts(JsonNode told) {
        return told.get("grants").findValuesAsText("trust");
    }

    List<JsonNode> ofType(String about, String type) {
        return bus.events(credentials, about, type);
    }

    List<String> failures(String about) {
        return ofType(about, "credential.failed").stream()
                .map(event -> event.at("/data/reason").asText())
                .toList();
    }

    List<ConsumerRecord<String, byte[]>> records(String about) {
        return bus.everything(credentials).stream()
                .filter(record -> about.equals(record.key()))
                .toList();
    }

    List<JsonNode> lettersAbout(String topic) {
        return bus.everything(deadLetters).stream()
                .map(record -> {
                    try {
                        return JSON.readTree(record.value());
                    } catch (IOException e) {
                        throw new AssertionError("a dead letter that is no JSON", e);
                    }
                })
                .filter(letter -> letter.get("topic").asText().equals(topic))
                .toList();
    }

    // What it sees in Keystone.

    String user(String name) {
        return keystone.users(domain, name).stream()
                .map(user -> user.get("id").asText())
                .collect(Collectors.joining());
    }

    String custodian(Tenant tenant) {
        return user("custodian-" + tenant.project());
    }

    String role(String name) {
        return keystone.admin("GET", "/roles?name=" + name, null)
                .body()
                .at("/roles/0/id")
                .asText();
    }

    /** What the user was given, of any kind and anywhere. */
    List<String> assignments(String user) {
        var answer = keystone.admin("GET", "/role_assignments?include_names=true&user.id=" + user, null)
                .body()
                .get("role_assignments");
        return StreamSupport.stream(answer.spliterator(), false)
                .map(assignment -> assignment.at("/role/name").asText() + " on "
                        + assignment.at("/scope/project/id").asText("another scope"))
                .toList();
    }

    /** The roles that Keystone keeps for each trust, by the purpose that the event names it for. */
    Map<String, Set<String>> trustsByPurpose(JsonNode told) {
        var trusts = keystone.trustsTo(told.at("/trustee/id").asText()).stream()
                .collect(Collectors.toMap(trust -> trust.get("id").asText(), Fixture::rolesOf));
        var byPurpose = new TreeMap<String, Set<String>>();
        told.get("grants")
                .forEach(grant -> byPurpose.put(
                        grant.get("purpose").asText(),
                        trusts.remove(grant.get("trust").asText())));
        assertThat(trusts).as("trusts that no event names").isEmpty();
        return byPurpose;
    }

    static Set<String> rolesOf(JsonNode trust) {
        var roles = new TreeSet<String>();
        trust.get("roles").forEach(role -> roles.add(role.get("name").asText()));
        return roles;
    }

    Secret trusteePassword(String about) {
        return trusteePassword(about, 1);
    }

    Secret trusteePassword(String about, int generation) {
        return keys.derive("test", Purpose.TRUSTEE, about, generation);
    }

    /** A token of the first trust, for the cluster's own trustee. */
    String tokenOf(JsonNode told) {
        return authenticate(
                        told.at("/trustee/id").asText(),
                        trusteePassword(cluster),
                        trusts(told).getFirst())
                .token();
    }

    /** A trust that the custodian made, as a provisioner did that died afterwards. */
    String custodiansTrust(Tenant tenant, String trustee, Instant end) {
        var custodian = custodian(tenant);
        var token = authenticate(custodian, custodianPassword(tenant), null).token();
        return keystone.as(
                        token,
                        "POST",
                        "/OS-TRUST/trusts",
                        """
                        {"trust":{"trustor_user_id":"%s","trustee_user_id":"%s","project_id":"%s","impersonation":false,
                         "expires_at":"%s","roles":[{"name":"member"}],"lanyard_domain":"%s"}}
                        """
                                .formatted(custodian, trustee, tenant.project(), end, lanyardsDomain()))
                .body()
                .at("/trust/id")
                .asText();
    }

    boolean trustIsThere(String trust) {
        return keystone.admin("GET", "/OS-TRUST/trusts/" + trust, null).status() == 200;
    }

    Secret custodianPassword(Tenant tenant) {
        return keys.derive("test", Purpose.CUSTODIAN, tenant.project(), 1);
    }

    /** The status of a login by password: without a scope, or of a trust. */
    int logIn(String user, Secret password, String trust) {
        return authenticate(user, password, trust).status();
    }

    private Answer authenticate(String user, Secret password, String trust) {
        var scope = trust == null ? "\"unscoped\"" : "{\"OS-TRUST:trust\":{\"id\":\"%s\"}}".formatted(trust);
        return keystone.as(
                null,
                "POST",
                "/auth/tokens",
                """
                        {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                         "scope":%s}}
                        """
                        .formatted(user, password.reveal(), scope));
    }

    // What it sees of the service itself.

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

    boolean is(String column, String about) {
        return "t".equals(column(column, about));
    }

    int number(String column, String about) {
        var value = column(column, about);
        return value == null ? 0 : Integer.parseInt(value);
    }

    boolean isSettled(String about) {
        return column("cluster", about) != null && column("due_at", about) == null && column("lease", about) == null;
    }

    HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    /** The values of a metric, of those of its series that have all these labels. */
    List<Double> sample(String metric, String... labels) throws IOException, InterruptedException {
        return get(metrics)
                .body()
                .lines()
                .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
                .toList();
    }
}
