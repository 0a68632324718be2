package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever unmodified clients were recorded to send to a real Keystone is sent to the door, byte for byte, and answered as that
 * Keystone answered. Only ids, secrets and tokens are replaced by those of a cluster of the door, and with them the length of the body.
 */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(PublicDoor.class)
class CapturedExchangesTest {
    private static final String APPLICATION_CREDENTIAL = "c3b9f79f45c24e658c4a0dff8baa26c2";
    private static final String TRUSTEE = "e8ae798eee1b44a5ba8c9dfdf7a58c4c";
    private static final String TRUST = "41301819c0c04466b37157ed02463ae3";
    private static final String TRUSTEE_NAME = "trustee-d83c79";
    private static final String TRUSTEE_DOMAIN = "cf1ba385fa1d45b7b80df45edae2c638";

    /** The secrets that the recorder replaced by a mark had these lengths. */
    private static final int SECRET_OF_APPLICATION_CREDENTIAL = 86;

    private static final int PASSWORD_OF_TRUSTEE = 24;
    private static final int WRONG_PASSWORD = "wrong".length();

    /** What the server below Keystone said, and says nothing about Keystone. */
    private static final Set<String> OF_THE_SERVER = Set.of("server", "date", "connection", "content-length");

    /** How the door's answer differs from Keystone's on purpose. */
    private record Difference(String exchange, int status, String why, Set<String> moreHeaders, boolean error) {}

    private static final List<Difference> DIFFERENCES = List.of(
            new Difference(
                    "gopher-appcred-deleted [1]",
                    401,
                    "Keystone tells with 404 that there is no such application credential; the door tells nobody which ids there are",
                    Set.of("www-authenticate"),
                    true),
            new Difference(
                    "openstack-appcred-identity [2]",
                    404,
                    "it is a call that the door has not; clients find Keystone itself in the catalog, and send it there",
                    Set.of(),
                    true));

    /** Members of a token that Keystone gives with one kind of login and not with another: behind the door all are by trust. */
    private static final Map<String, String> BY_APPLICATION_CREDENTIAL_ONLY = Map.of(
            "/token/application_credential", "there is no application credential on Keystone behind the door's",
            "/token/application_credential/id", "the same",
            "/token/application_credential/name", "the same",
            "/token/application_credential/restricted", "the same: a trust's token may make none either",
            "/token/is_domain", "Keystone says it of projects, not of trusts");

    private static final Map<String, String> BY_TRUST_ONLY = Map.of(
            "/token/OS-TRUST:trust", "what is behind the door's credential is a trust",
            "/token/OS-TRUST:trust/id", "the same",
            "/token/OS-TRUST:trust/impersonation", "the same",
            "/token/OS-TRUST:trust/trustee_user", "the same",
            "/token/OS-TRUST:trust/trustee_user/id", "the same",
            "/token/OS-TRUST:trust/trustor_user", "the same",
            "/token/OS-TRUST:trust/trustor_user/id", "the same",
            "/token/roles/*/domain_id", "Keystone gives a trust's roles in full",
            "/token/roles/*/description", "the same",
            "/token/roles/*/options", "the same");

    private static Client alive;
    private static Client deleted;
    private static final Map<String, String> TOKENS = new HashMap<>();

    @TestHTTPResource("/")
    URI door;

    @Inject
    Delegation delegation;

    @Inject
    Neighbours neighbours;

    @BeforeEach
    void oneClusterIsThereAndOneIsDeleted() {
        if (alive != null) {
            return;
        }
        alive = neighbours.ready(delegation.make("cloud-provider"));
        deleted = neighbours.ready(delegation.make("cloud-provider"));
        neighbours.tell(new CredentialRevoked(deleted.cluster(), 1, TrusteeFate.REMOVED));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(Wire.login(door, "127.0.0.1", deleted.byApplicationCredential())
                                .status())
                        .isEqualTo(401));
    }

    static Stream<Exchange> exchanges() {
        return Exchange.all().stream();
    }

    static Stream<Exchange> exchangesWithABody() {
        return exchanges().filter(exchange -> !exchange.sent().isEmpty());
    }

    @Test
    void everyCaptureIsReplayed() {
        assertThat(Exchange.all()).hasSize(25);
        assertThat(exchanges().map(Exchange::capture).distinct()).hasSize(17);
        assertThat(exchangesWithABody()).hasSize(21);
        assertThat(DIFFERENCES).allSatisfy(difference -> assertThat(exchanges().map(Exchange::toString))
                .anyMatch(exchange -> exchange.startsWith(difference.exchange())));
    }

    /** So the bytes that are replayed are the client's own, down to the spaces between them. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("exchangesWithABody")
    void whatIsReplayedIsAsLongAsWhatTheClientSent(Exchange exchange) {
        int secret = exchange.capture().contains("wrong-password")
                ? WRONG_PASSWORD
                : exchange.sent().contains("\"application_credential\"")
                        ? SECRET_OF_APPLICATION_CREDENTIAL
                        : PASSWORD_OF_TRUSTEE;
        assertThat(exchange.headers())
                .contains("Content-Length: "
                        + exchange.sent()
                                .replace("<secret>", "*".repeat(secret))
                                .length());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("exchanges")
    void whatKeystoneWasSentIsAnsweredAsKeystoneDid(Exchange exchange) {
        var answer = Wire.exchange(door, "127.0.0.1", request(exchange));
        if (answer.headers().containsKey("X-Subject-Token")) {
            TOKENS.put(exchange.capture(), answer.token());
        }
        var difference = DIFFERENCES.stream()
                .filter(one -> exchange.toString().startsWith(one.exchange() + " "))
                .findFirst()
                .orElse(null);
        assertThat(answer.status()).isEqualTo(difference == null ? exchange.status() : difference.status());
        assertThat(names(answer.headers())).isEqualTo(expectedHeaders(exchange, difference));
        assertHeaderValues(exchange, answer);
        assertThat(shape(Exchange.json(answer.body())))
                .isEqualTo(
                        difference != null && difference.error()
                                ? Map.of(
                                        "", "OBJECT",
                                        "/error", "OBJECT",
                                        "/error/code", "NUMBER",
                                        "/error/message", "STRING",
                                        "/error/title", "STRING")
                                : expectedShape(exchange));
        if (exchange.status() == 401) {
            assertThat(Exchange.json(answer.body())).isEqualTo(exchange.answer());
        }
    }

    /** The request with what belongs to a cluster of the door. */
    private static String request(Exchange exchange) {
        var client = exchange.capture().contains("deleted")
                ? deleted
                : exchange.capture().contains("wrong-password") ? alive.withSecret("wrong") : alive;
        var body = exchange.sent()
                .replace("<secret>", client.secret())
                .replace(APPLICATION_CREDENTIAL, client.id())
                .replace(TRUSTEE, client.id())
                .replace(TRUST, client.id())
                .replace(TRUSTEE_NAME, client.cluster())
                .replace(TRUSTEE_DOMAIN, client.userDomain());
        var lines = exchange.headers().stream()
                .map(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")
                        ? "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length
                        : line.replace("<token 1>", TOKENS.getOrDefault(exchange.capture(), ""))
                                .replace("<token 2>", "a-token-that-was-made-up-by-the-recorder-of-the-capture"))
                .toList();
        return exchange.line() + "\r\n" + String.join("\r\n", lines) + "\r\n\r\n" + body;
    }

    private static Set<String> names(Map<String, String> headers) {
        var names = new TreeSet<String>();
        headers.keySet().forEach(name -> names.add(name.toLowerCase(java.util.Locale.ROOT)));
        names.removeAll(OF_THE_SERVER);
        return names;
    }

    private static Set<String> expectedHeaders(Exchange exchange, Difference difference) {
        var names = names(exchange.answerHeaders());
        if (difference != null) {
            names.addAll(difference.moreHeaders());
        }
        return names;
    }

    private static void assertHeaderValues(Exchange exchange, Wire.Answer answer) {
        var recorded = exchange.answerHeaders();
        var headers = answer.headers();
        assertThat(headers.get("Content-Type")).isEqualTo(recorded.get("Content-Type"));
        assertThat(headers.get("Vary")).isEqualTo(recorded.get("Vary"));
        assertThat(recorded.get("x-openstack-request-id")).matches("req-[0-9a-f-]{36}");
        assertThat(headers.get("x-openstack-request-id"))
                .matches("req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        if (headers.containsKey("WWW-Authenticate")) {
            assertThat(headers.get("WWW-Authenticate")).isEqualTo("Keystone uri=\"%s\"".formatted(PublicDoor.URL));
        }
        if (recorded.containsKey("Location")) {
            assertThat(recorded.get("Location")).endsWith("/v3/");
            assertThat(headers.get("Location")).isEqualTo(PublicDoor.URL + "/");
        }
    }

    private static Map<String, String> expectedShape(Exchange exchange) {
        var expected = shape(exchange.answer());
        if (expected.containsKey("/token") && !expected.containsKey("/token/OS-TRUST:trust")) {
            BY_APPLICATION_CREDENTIAL_ONLY.keySet().forEach(expected::remove);
            var byTrust = exchanges()
                    .filter(one -> one.toString().startsWith("openstack-trust [1]"))
                    .map(one -> shape(one.answer()))
                    .findFirst()
                    .orElseThrow();
            byTrust.forEach((path, type) -> {
                if (BY_TRUST_ONLY.keySet().stream()
                        .anyMatch(only -> path.equals(only) || path.startsWith(only + "/"))) {
                    expected.put(path, type);
                }
            });
        }
        expected.keySet().removeIf(CapturedExchangesTest::isOfOneRole);
        return expected;
    }

    /** The names and types of all members: what is in an array counts once. */
    private static Map<String, String> shape(JsonNode document) {
        var shape = new TreeMap<String, String>();
        add(shape, "", document);
        shape.keySet().removeIf(CapturedExchangesTest::isOfOneRole);
        return shape;
    }

    /** Options are set for some roles, those that Keystone makes itself, and not for others. */
    private static boolean isOfOneRole(String path) {
        return path.startsWith("/token/roles/*/options/");
    }

    private static void add(Map<String, String> shape, String path, JsonNode node) {
        shape.merge(path, node.getNodeType().name(), (one, other) -> one.equals(other) ? one : "MIXED");
        if (node.isObject()) {
            node.properties().forEach(member -> add(shape, path + "/" + member.getKey(), member.getValue()));
        } else if (node.isArray()) {
            node.forEach(element -> add(shape, path + "/*", element));
        }
    }
}
