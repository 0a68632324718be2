package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
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
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.EventCodec;
import lanyard.common.events.EventSchemas;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.core.ConditionFactory;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The provisioner on the real Kafka, PostgreSQL and Keystone: the test is the conductor, the revoker and the operator. */
@QuarkusTest
@QuarkusTestResource(RealParts.class)
@QuarkusTestResource(KeystoneSwitch.class)
@TestProfile(Impatient.class)
class ProvisionerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    private final TestKeystone keystone = new TestKeystone();
    private final TestBus bus = new TestBus();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Tenant> tenants = new ArrayList<>();
    private final String cluster = UUID.randomUUID().toString();

    @AfterEach
    void leaveNothingBehind() {
        KeystoneSwitch.on();
        tenants.forEach(keystone::removeTenant);
        bus.close();
    }

    @Test
    void aNewClusterIsGivenWhatItsProfilesSayAndNothingElse() {
        var tenant = tenant("member", "load-balancer_member", "reader");

        tell("create", "pending", cluster, tenant);
        var told = provisioned(cluster).get("data");

        var custodian = custodian(tenant);
        assertThat(assignments(custodian))
                .containsExactlyInAnyOrder(
                        "member on " + tenant.project(), "load-balancer_member on " + tenant.project());
        assertThat(told.at("/custodian/id").asText()).isEqualTo(custodian);

        var trustee = user(cluster);
        assertThat(assignments(trustee)).isEmpty();
        assertThat(told.at("/trustee/id").asText()).isEqualTo(trustee);
        assertThat(told.at("/trustee/domain").asText()).isEqualTo(keystone.domainId(domain));

        assertThat(trustsByPurpose(told))
                .isEqualTo(Map.of(
                        "cloud-provider", Set.of("load-balancer_member", "member"),
                        "volumes", Set.of("member")));
        assertThat(keystone.trustsTo(trustee)).hasSize(2).allSatisfy(trust -> {
            assertThat(trust.get("trustor_user_id").asText()).isEqualTo(custodian);
            assertThat(trust.get("project_id").asText()).isEqualTo(tenant.project());
            assertThat(trust.get("impersonation").asBoolean(true)).isFalse();
            assertThat(trust.get("expires_at").isNull()).isTrue();
            assertThat(trust.get("remaining_uses").isNull()).isTrue();
            assertThat(trust.path("redelegation_count").asInt()).isZero();
        });
    }

    @Test
    void theCloudsPasswordRulesAreKeptOffBothUsers() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        for (var id : List.of(custodian(tenant), user(cluster))) {
            var user = keystone.admin("GET", "/users/" + id, null).body().get("user");
            assertThat(user.get("enabled").asBoolean()).isTrue();
            assertThat(user.get("options"))
                    .isEqualTo(JSON.createObjectNode()
                            .put("ignore_change_password_upon_first_use", true)
                            .put("ignore_lockout_failure_attempts", true)
                            .put("ignore_password_expiry", true));
        }
    }

    @Test
    void theEventIsWhatItsSchemaSaysAndHoldsNoSecret() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        var record = records(cluster).getFirst();
        EventSchemas.assertValid(record.value());
        var text = new String(record.value(), StandardCharsets.UTF_8);
        assertThat(text).doesNotContain(trusteePassword(cluster).reveal());
        assertThat(text).doesNotContain(custodianPassword(tenant).reveal());
    }

    @Test
    void bothUsersHaveTheDerivedPasswordsAndTheTrusteeGetsATokenOfTheTrust() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        var told = provisioned(cluster).get("data");

        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        for (var grant : told.get("grants")) {
            assertThat(logIn(
                            user(cluster),
                            trusteePassword(cluster),
                            grant.get("trust").asText()))
                    .isEqualTo(201);
        }
        assertThat(logIn(user(cluster), custodianPassword(tenant), null)).isEqualTo(401);
    }

    @Test
    void noClusterGetsMoreThanItsOwnerHolds() {
        var tenant = tenant("member");
        grantToSomebodyElse(tenant, "load-balancer_member");

        tell("create", "pending", cluster, tenant);

        assertThat(trustsByPurpose(provisioned(cluster).get("data")))
                .isEqualTo(Map.of("cloud-provider", Set.of("member"), "volumes", Set.of("member")));
    }

    @Test
    void whatTheOwnerHoldsThroughAGroupCounts() {
        var tenant = tenant();
        var group = keystone.admin(
                        "POST", "/groups", "{\"group\":{\"name\":\"%s\",\"domain_id\":\"default\"}}".formatted(cluster))
                .body()
                .at("/group/id")
                .asText();
        try {
            keystone.admin("PUT", "/groups/%s/users/%s".formatted(group, tenant.owner()), null);
            keystone.admin(
                    "PUT", "/projects/%s/groups/%s/roles/%s".formatted(tenant.project(), group, role("member")), null);

            tell("create", "pending", cluster, tenant);

            assertThat(trustsByPurpose(provisioned(cluster).get("data")))
                    .containsEntry("cloud-provider", Set.of("member"));
        } finally {
            keystone.admin("DELETE", "/groups/" + group, null);
        }
    }

    @Test
    void anOwnerWithoutRolesIsReportedOnceAndServedAsSoonAsARoleIsGranted() {
        var tenant = tenant();

        tell("create", "pending", cluster, tenant);
        eventually().until(() -> number("attempts", cluster) >= 3);

        assertThat(failures(cluster)).containsExactly("owner-has-no-role");
        records(cluster).forEach(record -> EventSchemas.assertValid(record.value()));
        assertThat(keystone.trustsTo(user(cluster))).isEmpty();

        keystone.grant(tenant.owner(), tenant.project(), "member");

        provisioned(cluster);
        assertThat(failures(cluster)).hasSize(1);
    }

    @Test
    void theClustersOfAProjectShareACustodianWhichGoesWithTheLastOfThem() {
        var tenant = tenant("member");
        var second = UUID.randomUUID().toString();
        tell("create", "pending", cluster, tenant);
        tell("create", "pending", second, tenant);

        var custodian = provisioned(cluster).at("/data/custodian/id").asText();
        assertThat(provisioned(second).at("/data/custodian/id").asText()).isEqualTo(custodian);

        tellRevoked(cluster);
        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEqualTo(custodian);

        tellRevoked(second);
        eventually().until(() -> is("revoked and share is null", second));
        assertThat(custodian(tenant)).isEmpty();

        var third = UUID.randomUUID().toString();
        tell("create", "pending", third, tenant);
        assertThat(provisioned(third).at("/data/custodian/id").asText())
                .isNotEqualTo(custodian)
                .isEqualTo(custodian(tenant));
    }

    @Test
    void twoCreatesThatNameDifferentOwnersGrantNothing() {
        var tenant = tenant("member");
        var other = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);
        tell("create", "pending", cluster, new Tenant(tenant.project(), other.owner()));

        eventually().until(() -> failures(cluster).contains("disputed"));
        KeystoneSwitch.on();

        eventually().until(() -> isSettled(cluster));
        assertThat(failures(cluster)).containsExactly("disputed");
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void aClusterWhoseOwnerIsUnheardOfWaitsIsReportedAndIsServedWhenTheOwnerIsHeard() {
        var tenant = tenant("member");

        tell("create", "success", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-unknown"));
        assertThat(user(cluster)).isEmpty();

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        assertThat(failures(cluster)).hasSize(1);
    }

    @Test
    void whatIsToldTwiceAndInAnyOrderIsProvisionedOnce() {
        var tenant = tenant("member");

        tell("create", "success", cluster, tenant);
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        tell("update", "success", cluster, tenant);
        tell("create", "pending", cluster, tenant);
        everythingSentIsHeard(tenant);

        assertThat(ofType(cluster, "credential.provisioned")).hasSize(1);
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
    }

    @Test
    void aDeletionThatComesBeforeTheWorkEndsIt() {
        var tenant = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);
        eventually().until(() -> is("touched", cluster));
        tell("delete", "pending", cluster, tenant);
        eventually().until(() -> "DELETING".equals(column("phase", cluster)));
        KeystoneSwitch.on();

        eventually().until(() -> isSettled(cluster));
        assertThat(user(cluster)).isEmpty();

        tell("delete", "success", cluster, tenant);
        eventually().until(() -> isSettled(cluster) && "ABSENT".equals(column("phase", cluster)));

        eventually().until(() -> failures(cluster).equals(List.of("deleted-meanwhile")));
        assertThat(ofType(cluster, "credential.provisioned")).isEmpty();
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void aTombstoneIsNeverProvisioned() {
        var tenant = tenant("member");
        tell("delete", "success", cluster, tenant);
        eventually().until(() -> "ABSENT".equals(column("phase", cluster)));

        tell("create", "pending", cluster, tenant);
        tell("create", "success", cluster, tenant);
        everythingSentIsHeard(tenant);

        eventually().until(() -> tenant.owner().equals(column("owner", cluster)) && isSettled(cluster));
        assertThat(records(cluster)).isEmpty();
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void aTrusteeThatACrashedTryLeftBehindGetsTheDerivedPassword() {
        var tenant = tenant("member");
        var left = keystone.admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\",\"password\":\"nobody knows it\",\"enabled\":false}}"
                                .formatted(cluster, lanyardsDomain()))
                .body()
                .at("/user/id")
                .asText();

        tell("create", "pending", cluster, tenant);

        var told = provisioned(cluster).get("data");
        assertThat(told.at("/trustee/id").asText()).isEqualTo(left);
        assertThat(logIn(
                        left,
                        trusteePassword(cluster),
                        told.at("/grants/0/trust").asText()))
                .isEqualTo(201);
    }

    @Test
    void aTryThatDiedBeforeItsCommitIsMadeAgainAndFindsItsTrusts() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");

        // What the row said then: begun, and nothing more.
        update("update cluster set announced = 0, touched = true, due_at = now() where cluster = '" + cluster + "'");

        eventually().until(() -> ofType(cluster, "credential.provisioned").size() == 2);
        assertThat(ofType(cluster, "credential.provisioned").getLast().get("data"))
                .isEqualTo(first);
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
    }

    @Test
    void aCustodianWhosePasswordSomebodyChangedIsHealed() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        keystone.admin("PATCH", "/users/" + custodian(tenant), "{\"user\":{\"password\":\"somebody changed it\"}}");
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(401);

        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);

        provisioned(second);
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        assertThat(failures(second)).isEmpty();
    }

    @Test
    void aCustodianThatLostARoleGetsItBack() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        keystone.revoke(custodian(tenant), tenant.project(), "load-balancer_member");

        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);

        assertThat(trustsByPurpose(provisioned(second).get("data")))
                .containsEntry("cloud-provider", Set.of("load-balancer_member", "member"));
    }

    @Test
    void aProjectThatIsGoneIsReported() {
        var tenant = tenant("member");
        keystone.admin("DELETE", "/projects/" + tenant.project(), null);

        tell("create", "pending", cluster, tenant);

        eventually().until(() -> failures(cluster).equals(List.of("project-gone")));
    }

    @Test
    void whileKeystoneIsAwayTheClusterWaitsAndTheServiceSaysSo() throws Exception {
        var tenant = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);

        eventually().until(() -> number("attempts", cluster) >= 3);
        assertThat(column("due_at", cluster)).isNotNull();
        assertThat(records(cluster)).isEmpty();
        eventually().until(() -> get(ready).statusCode() == 503);
        eventually().until(() -> sample("lanyard_clusters_unreconciled_oldest_seconds").stream()
                .anyMatch(age -> age > 0));

        KeystoneSwitch.on();

        provisioned(cluster);
        eventually().until(() -> get(ready).statusCode() == 200);
        assertThat(failures(cluster)).isEmpty();
    }

    @Test
    void othersMessagesArePassedOverAndBrokenOnesPutAsideWithoutStoppingTheRest() throws Exception {
        var tenant = tenant("member");
        var good = TestBus.notification("create", "pending", cluster, tenant.project(), tenant.owner());
        var secretive = "s3cr3t-" + cluster;
        var info = notifications.getFirst();
        var notOurs = "{\"event_type\":\"compute.instance.create.end\"}".getBytes(StandardCharsets.UTF_8);
        var broken = List.of(
                // Cut off in the middle.
                new String(good, StandardCharsets.UTF_8).substring(0, good.length / 2),
                "{\"oslo.version\":\"2.0\",\"oslo.message\":\"%s magnum.cluster.create\"}".formatted(secretive),
                new String(good, StandardCharsets.UTF_8).replace(cluster, "../../" + secretive),
                new String(good, StandardCharsets.UTF_8).replace("pending", secretive));
        bus.send(info, 0, null, notOurs);
        bus.send(info, 0, null, null);
        for (var body : broken) {
            bus.send(info, 0, null, body.getBytes(StandardCharsets.UTF_8));
        }
        bus.send(credentials, null, "unkeyed", "not json".getBytes(StandardCharsets.UTF_8));
        bus.send(info, 0, null, good);

        provisioned(cluster);
        eventually().until(() -> lettersAbout(info).size() == broken.size());
        eventually().until(() -> lettersAbout(credentials).size() == 1);
        assertThat(lettersAbout(info)).allSatisfy(letter -> {
            assertThat(letter.get("reason").asText()).isNotBlank();
            assertThat(letter.get("offset").asLong(-1)).isNotNegative();
            assertThat(letter.toString()).doesNotContain(secretive);
        });
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"dead-lettered\""))
                .allMatch(count -> count >= broken.size())
                .isNotEmpty();
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"ignored\""))
                .allMatch(count -> count >= 2)
                .isNotEmpty();
    }

    @Test
    void anOperatorSeesHealthAndMetrics() throws Exception {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        eventually().until(() -> get(ready).statusCode() == 200);
        assertThat(JSON.readTree(get(ready).body()).at("/checks"))
                .extracting(check -> check.get("name").asText())
                .anyMatch(name -> name.equals("keystone"))
                .anyMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("kafka")
                        || name.contains("Reactive Messaging"))
                .anyMatch(name -> name.contains("atabase"));
        assertThat(sample("lanyard_messages_total", "result=\"read\"")).isNotEmpty();
        eventually().until(() -> sample("lanyard_clusters", "state=\"provisioned\"").stream()
                .anyMatch(count -> count >= 1));
        assertThat(sample("lanyard_clusters_unreconciled_oldest_seconds")).hasSize(1);
        assertThat(sample("lanyard_outbox_unpublished_oldest_seconds")).hasSize(1);
        for (var operation : List.of("create-user", "create-trust", "effective-roles", "login")) {
            assertThat(sample(
                            "lanyard_keystone_calls_seconds_count",
                            "operation=\"" + operation + "\"",
                            "result=\"done\""))
                    .as(operation)
                    .allMatch(count -> count >= 1)
                    .isNotEmpty();
        }
    }

    // What the test does.

    private Tenant tenant(String... roles) {
        var tenant = keystone.makeTenant(roles);
        tenants.add(tenant);
        return tenant;
    }

    /** Somebody else's roles on the project are not the owner's. */
    private void grantToSomebodyElse(Tenant tenant, String role) {
        keystone.grant(tenant().owner(), tenant.project(), role);
    }

    private void tell(String action, String outcome, String about, Tenant tenant) {
        bus.send(
                notifications.getFirst(),
                0,
                null,
                TestBus.notification(action, outcome, about, tenant.project(), tenant.owner()));
    }

    /** The test tells all on one partition: once the last of it has made a row, the rest was heard. */
    private void everythingSentIsHeard(Tenant tenant) {
        var last = UUID.randomUUID().toString();
        tell("update", "success", last, tenant);
        eventually().until(() -> column("cluster", last) != null);
    }

    private void tellRevoked(String about) {
        bus.send(
                credentials,
                null,
                about,
                EventCodec.write(
                        new CredentialRevoked(about, 1, TrusteeFate.REMOVED),
                        UUID.randomUUID().toString(),
                        "/lanyard/revoker",
                        Instant.now()));
    }

    /** Id of the domain, which the test makes if it comes before the service. */
    private String lanyardsDomain() {
        if (keystone.domainId(domain).isEmpty()) {
            keystone.admin("POST", "/domains", "{\"domain\":{\"name\":\"%s\"}}".formatted(domain));
        }
        return keystone.domainId(domain);
    }

    private void update(String sql) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    // What it sees on the bus.

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
    }

    private JsonNode provisioned(String about) {
        return eventually()
                .until(() -> ofType(about, "credential.provisioned"), events -> !events.isEmpty())
                .getFirst();
    }

    private List<JsonNode> ofType(String about, String type) {
        return bus.events(credentials, about, type);
    }

    private List<String> failures(String about) {
        return ofType(about, "credential.failed").stream()
                .map(event -> event.at("/data/reason").asText())
                .toList();
    }

    private List<ConsumerRecord<String, byte[]>> records(String about) {
        return bus.everything(credentials).stream()
                .filter(record -> about.equals(record.key()))
                .toList();
    }

    private List<JsonNode> lettersAbout(String topic) {
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

    private String user(String name) {
        return keystone.users(domain, name).stream()
                .map(user -> user.get("id").asText())
                .collect(Collectors.joining());
    }

    private String custodian(Tenant tenant) {
        return user("custodian-" + tenant.project());
    }

    private String role(String name) {
        return keystone.admin("GET", "/roles?name=" + name, null)
                .body()
                .at("/roles/0/id")
                .asText();
    }

    /** What the user was given, of any kind and anywhere. */
    private List<String> assignments(String user) {
        var answer = keystone.admin("GET", "/role_assignments?include_names=true&user.id=" + user, null)
                .body()
                .get("role_assignments");
        return StreamSupport.stream(answer.spliterator(), false)
                .map(assignment -> assignment.at("/role/name").asText() + " on "
                        + assignment.at("/scope/project/id").asText("another scope"))
                .toList();
    }

    /** The roles that Keystone keeps for each trust, by the purpose that the event names it for. */
    private Map<String, Set<String>> trustsByPurpose(JsonNode told) {
        var trusts = keystone.trustsTo(told.at("/trustee/id").asText()).stream()
                .collect(Collectors.toMap(trust -> trust.get("id").asText(), ProvisionerTest::rolesOf));
        var byPurpose = new TreeMap<String, Set<String>>();
        told.get("grants")
                .forEach(grant -> byPurpose.put(
                        grant.get("purpose").asText(),
                        trusts.remove(grant.get("trust").asText())));
        assertThat(trusts).as("trusts that no event names").isEmpty();
        return byPurpose;
    }

    private static Set<String> rolesOf(JsonNode trust) {
        var roles = new TreeSet<String>();
        trust.get("roles").forEach(role -> roles.add(role.get("name").asText()));
        return roles;
    }

    private Secret trusteePassword(String about) {
        return keys.derive("test", Purpose.TRUSTEE, about, 1);
    }

    private Secret custodianPassword(Tenant tenant) {
        return keys.derive("test", Purpose.CUSTODIAN, tenant.project(), 1);
    }

    /** The status of a login by password: without a scope, or of a trust. */
    private int logIn(String user, Secret password, String trust) {
        var scope = trust == null ? "\"unscoped\"" : "{\"OS-TRUST:trust\":{\"id\":\"%s\"}}".formatted(trust);
        return keystone.as(
                        null,
                        "POST",
                        "/auth/tokens",
                        """
                        {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                         "scope":%s}}
                        """
                                .formatted(user, password.reveal(), scope))
                .status();
    }

    // What it sees of the service itself.

    /** A column of the cluster's row as text; {@code null} if it is null or there is no row. */
    private String column(String name, String about) {
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

    private boolean is(String column, String about) {
        return "t".equals(column(column, about));
    }

    private int number(String column, String about) {
        var value = column(column, about);
        return value == null ? 0 : Integer.parseInt(value);
    }

    private boolean isSettled(String about) {
        return column("cluster", about) != null && column("due_at", about) == null && column("lease", about) == null;
    }

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    /** The values of a metric, of those of its series that have all these labels. */
    private List<Double> sample(String metric, String... labels) throws IOException, InterruptedException {
        return get(metrics)
                .body()
                .lines()
                .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
                .toList();
    }
}
