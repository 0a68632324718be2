package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.acceptance.Client.Session;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients of OpenStack that people have, unmodified, against the packaged door. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RealClientsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration SHORT_LIFE = Duration.ofSeconds(30);
    private static final Path GO = Path.of("/usr/bin/go");
    private static final Path GOPHERCLOUD =
            Path.of("/usr/share/gocode/src/github.com/gophercloud/gophercloud/auth_options.go");
    /** The class path of an openstack4j with its own transport, which the build writes. */
    private static final Path OPENSTACK4J = Path.of("target", "openstack4j.class-path");

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Secrets secrets = new Secrets(lanyard);
    private final AnotherKeystone shortLived =
            new AnotherKeystone().set("token.expiration", Long.toString(SHORT_LIFE.toSeconds()));
    /** In front of a Keystone whose tokens are soon over. */
    private ServiceProcess hastyDoor;
    /** Whose catalog names the door as identity service. */
    private ServiceProcess identityDoor;

    private Tenant tenant;
    private String id;
    private JsonNode credential;

    /** How a client logs in. */
    enum Way {
        APPLICATION_CREDENTIAL {
            @Override
            Map<String, String> variables(JsonNode credential) {
                return Map.of(
                        "OS_AUTH_TYPE", "v3applicationcredential",
                        "OS_APPLICATION_CREDENTIAL_ID", text(credential, "application_credential_id"),
                        "OS_APPLICATION_CREDENTIAL_SECRET", text(credential, "application_credential_secret"));
            }
        },
        TRUST {
            @Override
            Map<String, String> variables(JsonNode credential) {
                return Map.of(
                        "OS_AUTH_TYPE", "v3password",
                        "OS_USER_ID", text(credential, "user_id"),
                        "OS_PASSWORD", text(credential, "application_credential_secret"),
                        "OS_TRUST_ID", text(credential, "trust_id"));
            }
        };

        /** As an openrc has it. */
        abstract Map<String, String> variables(JsonNode credential);

        /** As a {@code clouds.yaml} has it. */
        ObjectNode cloud(JsonNode credential, String url) {
            var cloud = JSON.createObjectNode();
            var auth = JSON.createObjectNode().put("auth_url", url);
            variables(credential).forEach((variable, value) -> {
                var key = variable.substring("OS_".length()).toLowerCase(Locale.ROOT);
                if (key.equals("auth_type")) {
                    cloud.put(key, value);
                } else {
                    auth.put(key, value);
                }
            });
            cloud.put("identity_api_version", "3").set("auth", auth);
            return cloud;
        }

        private static String text(JsonNode credential, String field) {
            return credential.get(field).asText();
        }
    }

    @BeforeAll
    void start() {
        assumeThat(AnotherKeystone.configuration())
                .as("a second server is started of the stack's own Keystone")
                .exists();
        shortLived.start();
        hastyDoor = lanyard.anotherDoor().set("lanyard.keystone.url", shortLived.url());
        identityDoor = lanyard.anotherDoor().set("lanyard.door.identity-endpoint", "door");
        identityDoor.set("lanyard.door.url", identityDoor.url() + "/v3");
        lanyard.start();
    }

    @AfterAll
    void stop() {
        lanyard.close();
        shortLived.close();
        bus.close();
    }

    @BeforeEach
    void makeCluster() {
        tenant = keystone.makeTenant("member", "load-balancer_member");
        id = UUID.randomUUID().toString();
        tell("create", "pending");
        tell("create", "success");
        eventually(() -> lanyard.openCredential(bus, id) != null);
        credential = lanyard.openCredential(bus, id);
    }

    @AfterEach
    void removeTenant() {
        keystone.removeTenant(tenant);
    }

    @ParameterizedTest
    @EnumSource
    void openstackclient_gets_a_token_and_the_catalog_and_gives_the_token_back(Way way) {
        var variables = new HashMap<>(way.variables(credential));
        variables.put("OS_AUTH_URL", credential.get("auth_url").asText());
        variables.put("OS_IDENTITY_API_VERSION", "3");

        var issued = Client.openstack(variables, "token", "issue", "-f", "json");
        assertThat(issued.exitCode()).isZero();
        var token = issued.json().get("id").asText();
        secrets.add(credential, token);
        assertThat(issued.json().get("project_id").asText()).isEqualTo(tenant.project());
        assertThat(keystone.validate(token).body().at("/token/user/name").asText())
                .isEqualTo(id);

        var catalog = Client.openstack(variables, "catalog", "list", "-f", "json");
        assertThat(catalog.exitCode()).isZero();
        assertThat(catalog.json().findValuesAsText("Type")).contains("identity");

        assertThat(Client.openstack(variables, "token", "revoke", token).exitCode())
                .isZero();
        assertThat(keystone.validate(token).status()).isEqualTo(404);
        // It was given back to Keystone itself; the door finds that out when the client comes again.
        var since = Instant.now();
        eventually(() -> {
            var again = Client.openstack(variables, "token", "issue", "-f", "json")
                    .json()
                    .get("id")
                    .asText();
            secrets.add(credential, again);
            return !again.equals(token) && keystone.validate(again).status() == 200;
        });
        System.out.printf(
                "openstackclient has another token %d ms after it gave one back to Keystone%n",
                Duration.between(since, Instant.now()).toMillis());
    }

    @ParameterizedTest
    @EnumSource
    void openstacksdk_keeps_its_session_over_the_end_of_its_token_and_loses_it_with_the_cluster(Way way) {
        var login = way.cloud(credential, hastyDoor.url() + "/v3").put("spare_seconds", 1);
        try (var session = new Session(login)) {
            var first = session.projects();
            assertThat(first.path("message").asText()).isEmpty();
            assertThat(first.get("project").asText()).isEqualTo(tenant.project());
            var since = Instant.now();
            var tokens = new HashSet<>(List.of(first.get("token").asText()));
            eventually(() -> {
                var answer = session.projects();
                assertThat(answer.path("message").asText()).isEmpty();
                tokens.add(answer.get("token").asText());
                return tokens.size() > 2;
            });
            System.out.printf(
                    "openstacksdk had %d tokens in %d ms, where a token lives for %s%n",
                    tokens.size(), Duration.between(since, Instant.now()).toMillis(), SHORT_LIFE);

            deleteCluster();
            eventually(() -> session.projects().has("error"));
            eventually(() -> session.projects().path("error").asText().equals("Unauthorized"));
            assertThat(withoutRequest(session.projects())).isEqualTo(withoutRequest(fromKeystoneItself()));
        }
    }

    /** What openstacksdk says when Keystone itself does not take a password. */
    private JsonNode fromKeystoneItself() {
        var wrong = ((ObjectNode) credential.deepCopy())
                .put("user_id", tenant.owner())
                .put("application_credential_secret", "wrong");
        try (var session = new Session(Way.TRUST.cloud(wrong, RealParts.environment("LANYARD_KEYSTONE_URL")))) {
            return session.projects();
        }
    }

    private static String withoutRequest(JsonNode answer) {
        return answer.toString().replaceAll("req-[0-9a-f-]{36}", "req");
    }

    @ParameterizedTest
    @EnumSource
    void openstacksdk_logs_in_again_by_itself_after_its_token_was_revoked(Way way) {
        try (var session = new Session(way.cloud(credential, lanyard.tokenIssuer.url() + "/v3"))) {
            var first = session.projects();
            assertThat(first.get("endpoint").asText()).isEqualTo(RealParts.environment("LANYARD_KEYSTONE_URL"));
            session.revoke();
            var since = Instant.now();
            eventually(() -> {
                var answer = session.projects();
                return answer.has("projects") && !answer.get("token").equals(first.get("token"));
            });
            System.out.printf(
                    "openstacksdk goes on %d ms after its token was revoked at Keystone%n",
                    Duration.between(since, Instant.now()).toMillis());
        }
    }

    @ParameterizedTest
    @EnumSource
    void openstacksdk_gives_its_token_back_at_the_door_and_has_another_one_at_once(Way way) {
        try (var session = new Session(way.cloud(credential, identityDoor.url() + "/v3"))) {
            var first = session.projects();
            assertThat(first.get("endpoint").asText()).isEqualTo(identityDoor.url() + "/v3");
            assertThat(first.at("/projects/0").asText()).isEqualTo(tenant.project());
            assertThat(session.revoke().path("message").asText()).isEmpty();
            var next = session.projects();
            assertThat(next.path("message").asText()).isEmpty();
            assertThat(next.get("token")).isNotEqualTo(first.get("token"));
        }
        assertThat(bus.events(lanyard.credentials(), id, "token.revoked")).hasSize(1);
    }

    @Test
    void gophercloud_logs_in_in_every_way_that_it_knows() {
        assumeThat(GO).as("Debian's golang-go").exists();
        assumeThat(GOPHERCLOUD)
                .as("Debian's golang-github-gophercloud-gophercloud-dev")
                .exists();
        var program = Path.of("target", "gopher").toAbsolutePath();
        if (!Files.exists(program)) {
            var built = Client.run(
                    List.of(
                            GO.toString(),
                            "build",
                            "-o",
                            program.toString(),
                            Client.resource("gopher.go").toString()),
                    Map.of("GO111MODULE", "off", "GOPATH", "/usr/share/gocode", "CGO_ENABLED", "0"),
                    "");
            assertThat(built.exitCode()).isZero();
        }
        var said = Client.run(List.of(program.toString()), Map.of(), credential.toString());
        assertThat(said.output().lines())
                .containsExactly(
                        "id " + tenant.project(),
                        "unversioned " + tenant.project(),
                        "name " + tenant.project(),
                        "trust " + tenant.project());

        deleteCluster();
        eventually(() -> lanyard.login(credential).status() == 401);
        var refused = Client.run(List.of(program.toString()), Map.of(), credential.toString());
        assertThat(refused.output().lines())
                .containsExactly(
                        "id gophercloud.ErrDefault401",
                        "unversioned gophercloud.ErrDefault401",
                        "name gophercloud.ErrDefault401",
                        "trust gophercloud.ErrDefault401");
    }

    @Test
    void openstack4j_logs_in_in_every_way_that_it_knows() throws IOException {
        var command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Files.readString(OPENSTACK4J).strip(),
                Client.resource("Stacker.java").toString());
        var token = lanyard.login(credential).token();
        var input = ((ObjectNode) credential.deepCopy()).put("token", token).toString();
        secrets.add(credential, token);
        assertThat(Client.run(command, Map.of(), input).output().lines())
                .containsExactly(
                        "user " + tenant.project(),
                        "project " + tenant.project(),
                        "name " + tenant.project(),
                        "token " + tenant.project());

        deleteCluster();
        eventually(() -> lanyard.login(credential).status() == 401);
        assertThat(Client.run(command, Map.of(), input).output().lines())
                .containsExactly(
                        "user AuthenticationException 401",
                        "project AuthenticationException 401",
                        "name AuthenticationException 401",
                        "token AuthenticationException 401");
    }

    /** Runs last: whatever the other tests have left anywhere is looked through. */
    @Test
    @Order(Integer.MAX_VALUE)
    void no_secret_that_a_client_had_is_in_any_table_topic_log_or_metric() {
        secrets.add(credential, lanyard.login(credential).token());
        secrets.add(credential, Lanyard.login(hastyDoor, credential).token());
        assertThat(secrets.leaks(bus)).isEmpty();
    }

    private void deleteCluster() {
        tell("delete", "pending");
        tell("delete", "success");
    }

    private void tell(String action, String outcome) {
        bus.send(lanyard.notifications(), TestBus.notification(action, outcome, id, tenant.project(), tenant.owner()));
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }
}
