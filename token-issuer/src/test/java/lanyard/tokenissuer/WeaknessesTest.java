package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Keystone itself was weak against once, and what every server on a network meets. */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(PublicDoor.class)
class WeaknessesTest {
    private static final Logger LOG = Logger.getLogger(WeaknessesTest.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Executor THREADS = Executors.newVirtualThreadPerTaskExecutor();
    private static final String UNKNOWN = "0123456789abcdef0123456789abcdef";

    /** Who a client would like to be, in every header that some proxy or middleware was ever known to set. */
    private static final String[] SPOOFED = {
        "X-Identity-Status: Confirmed",
        "X-Service-Identity-Status: Confirmed",
        "X-User-Id: admin",
        "X-User-Name: admin",
        "X-Roles: admin",
        "X-Is-Admin-Project: True",
        "X-Project-Id: admin",
        "X-Domain-Id: default",
        "OpenStack-System-Scope: all",
        "REMOTE_USER: admin",
        "X-Remote-User: admin",
        "X-Forwarded-For: 10.9.8.7",
        "X-Real-IP: 10.9.8.7",
        "X-Forwarded-User: admin",
        "X-SSL-Client-CN: admin",
        "Forwarded: for=10.9.8.7;proto=https;host=keystone"
    };

    private static CredentialProvisioned provisioned;
    private static Client client;
    private static CredentialProvisioned othersProvisioned;
    private static Client other;

    private final TestKeystone keystone = new TestKeystone();
    private final String address = Wire.freshAddress();

    @TestHTTPResource("/")
    URI door;

    @Inject
    Delegation delegation;

    @Inject
    Neighbours neighbours;

    @Inject
    Clusters clusters;

    @BeforeEach
    void twoClustersAreServed() {
        if (client == null) {
            provisioned = delegation.make("cloud-provider");
            client = neighbours.ready(provisioned);
            othersProvisioned = delegation.make("cloud-provider");
            other = neighbours.ready(othersProvisioned);
        }
    }

    /** CVE-2026-42999. */
    @Test
    void aBodyThatNamesAnotherTargetChangesNothing() {
        var token = login(client.byApplicationCredential()).token();
        var target =
                "\"target\":{\"user\":{\"id\":\"admin\"},\"project\":{\"id\":\"admin\"}},\"user_id\":\"admin\",\"project_id\":\"admin\",\"token\":{\"id\":\"x\",\"roles\":[{\"name\":\"admin\"}]},\"policy\":{},";
        var overriding = client.byApplicationCredential().strip().replaceFirst("^\\{", "{" + target);
        assertThat(login(overriding).token()).isEqualTo(token);
        assertThat(login(client.byApplicationCredential(",\"roles\":[{\"name\":\"admin\"}],\"unrestricted\":true"))
                        .token())
                .isEqualTo(token);
        var asked = Wire.exchange(
                door,
                address,
                Wire.post(client.byApplicationCredential())
                        .replaceFirst("/v3/auth/tokens", "/v3/auth/tokens?user_id=admin&project_id=admin"));
        assertThat(asked.token()).isEqualTo(token);
        assertIsOnlyThatCluster(asked);
    }

    /** CVE-2026-42998. */
    @Test
    void aUserThatTheCallerNamesIsNotBelieved() {
        var administrator = keystone.validate(keystone.adminToken())
                .body()
                .at("/token/user/id")
                .asText();
        assertIsOnlyThatCluster(
                login(client.byApplicationCredential(",\"user\":{\"id\":\"%s\"}".formatted(administrator))));
        assertRefused(login(client.byApplicationCredentialName("\"id\":\"%s\"".formatted(administrator))));
        assertRefused(login(client.byApplicationCredentialName("\"id\":\"%s\"".formatted(other.id()))));
        assertRefused(login(client.byPassword("\"id\":\"%s\"".formatted(administrator), Client.trust(client.id()))));
        assertRefused(login(client.byPassword(
                "\"id\":\"%s\",\"name\":\"admin\",\"domain\":{\"id\":\"default\"}".formatted(client.id()),
                Client.trust(client.id()))));
        assertRefused(login(client.byPassword(
                "\"name\":\"%s\",\"domain\":{\"id\":\"%s\"}".formatted(other.cluster(), client.userDomain()),
                Client.trust(client.id()))));
    }

    /** CVE-2026-43000. */
    @Test
    void noScopeLeadsBeyondTheCredentialsOwn() {
        var trust = provisioned.grants().getFirst().trust();
        var others = othersProvisioned.grants().getFirst().trust();
        var scopes = List.of(
                Client.trust(other.id()),
                Client.trust(others),
                Client.trust(trust),
                "{\"project\":{\"id\":\"%s\"}}".formatted(other.project()),
                "{\"project\":{\"name\":\"admin\",\"domain\":{\"id\":\"default\"}}}",
                "{\"domain\":{\"id\":\"default\"}}",
                "{\"system\":{\"all\":true}}",
                "{\"project\":{\"id\":\"%s\"},\"OS-TRUST:trust\":{\"id\":\"%s\"}}"
                        .formatted(other.project(), client.id()));
        assertThat(scopes).map(client::byPassword).map(this::login).allSatisfy(WeaknessesTest::assertRefused);

        var token = login(client.byApplicationCredential()).token();
        assertThat(scopes.stream().filter(scope -> !scope.contains(trust)))
                .map(scope -> login(Client.byToken(token, scope)))
                .allSatisfy(WeaknessesTest::assertRefused);
        // Neither here nor on Keystone does a trust beget a trust for itself.
        var made = Wire.exchange(
                door,
                address,
                Wire.request("POST", "/v3/OS-TRUST/trusts", "X-Auth-Token: " + token, "Content-Length: 0"));
        assertThat(made.status()).isEqualTo(404);
    }

    /** CVE-2026-44394. */
    @Test
    void noExchangeLengthensATokensLife() {
        var first = login(client.byApplicationCredential());
        var end = json(first).at("/token/expires_at");
        var token = first.token();
        for (var scope : List.of(
                "", Client.trust(client.id()), "{\"project\":{\"id\":\"%s\"}}".formatted(client.project()), "")) {
            var next = login(Client.byToken(token, scope));
            assertThat(next.status()).isEqualTo(201);
            assertThat(json(next).at("/token/expires_at")).isEqualTo(end);
            token = next.token();
        }
        assertThat(token).isEqualTo(first.token());
        assertThat(keystone.validate(token).body().at("/token/expires_at")).isEqualTo(end);
    }

    /** CVE-2026-22797. */
    @Test
    void headersThatSayWhoSomebodyIsAreNotBelieved() {
        var headers = String.join("\r\n", SPOOFED);
        for (var path : List.of("/v3/auth/tokens", "/v3/auth/catalog", "/v3/auth/projects")) {
            assertRefused(Wire.exchange(
                    door, address, Wire.request("GET", path, headers, "X-Subject-Token: " + "x".repeat(64))));
            assertRefused(Wire.exchange(
                    door,
                    address,
                    Wire.request(
                            "GET",
                            path,
                            headers,
                            "X-Auth-Token: " + "x".repeat(64),
                            "X-Subject-Token: " + "x".repeat(64))));
        }
        assertRefused(Wire.exchange(
                door, address, Wire.post(client.withSecret("wrong").byApplicationCredential(), SPOOFED)));
        var genuine = Wire.exchange(door, address, Wire.post(client.byApplicationCredential(), SPOOFED));
        assertIsOnlyThatCluster(genuine);
        var request = genuine.headers().get("x-openstack-request-id");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(neighbours.audited(client.cluster(), "token.issued"))
                .filteredOn(event -> event.at("/data/request").asText().equals(request))
                .singleElement()
                .satisfies(
                        event -> assertThat(event.at("/data/address").asText()).isEqualTo(address)));
    }

    /** CVE-2022-2447. */
    @Test
    void noTokenOutlivesItsCredentialAtTheDoor() {
        var doomed = delegation.make("cloud-provider");
        var credential = neighbours.ready(doomed);
        var token = login(credential.byApplicationCredential()).token();
        assertThat(shown(token, token).status()).isEqualTo(200);
        neighbours.tell(new CredentialRevoked(doomed.cluster(), 1, TrusteeFate.REMOVED));
        await().atMost(PATIENCE).untilAsserted(() -> assertRefused(shown(token, token)));
        assertRefused(login(Client.byToken(token, "")));
        assertRefused(login(credential.byApplicationCredential()));
        assertThat(shown(login(client.byApplicationCredential()).token(), token).status())
                .isEqualTo(404);
    }

    @Test
    void nobodyElsesTokenIsGoodHere() {
        var mine = login(client.byApplicationCredential()).token();
        var theirs = login(other.byApplicationCredential()).token();
        assertThat(theirs).isNotEqualTo(mine);
        assertThat(shown(mine, theirs).status()).isEqualTo(404);
        assertThat(Wire.exchange(
                                door,
                                address,
                                Wire.request(
                                        "DELETE",
                                        "/v3/auth/tokens",
                                        "X-Auth-Token: " + mine,
                                        "X-Subject-Token: " + theirs))
                        .status())
                .isEqualTo(404);
        assertThat(keystone.validate(theirs).status()).isEqualTo(200);

        var administrators = keystone.adminToken();
        assertRefused(login(Client.byToken(administrators, "")));
        assertRefused(shown(administrators, administrators));
        assertRefused(shown(administrators, mine));
        assertThat(shown(mine, administrators).status()).isEqualTo(404);
    }

    @Test
    void aMemberThatIsThereTwiceIsNoLogin() {
        var twice = client.byApplicationCredential(",\"id\":\"%s\"".formatted(other.id()));
        assertThat(login(twice).status()).isEqualTo(400);
        var body = client.byApplicationCredential().strip();
        assertThat(login("{\"auth\":{}," + body.substring(1)).status()).isEqualTo(400);
        assertThat(login(body + body).status()).isEqualTo(400);
        assertThat(login("[".repeat(10_000)).status()).isEqualTo(400);
    }

    @Test
    void moreHeadersThanAnyoneNeedsAreNotRead() {
        var many =
                IntStream.range(0, 10_000).mapToObj("X-Header-%d: 1"::formatted).toArray(String[]::new);
        try (var wire = new Wire(door, address)) {
            wire.send(Wire.post(client.byApplicationCredential(), many));
            var answer = wire.next(false);
            assertThat(answer == null ? 431 : answer.status()).isIn(400, 431);
        } catch (java.io.UncheckedIOException cut) {
            // While the headers were being sent, which is as good.
        }
        assertThat(login(client.byApplicationCredential()).status()).isEqualTo(201);
    }

    @Test
    void aBodyThatDoesNotComeIsNotWaitedFor() {
        var request = Wire.post(client.byApplicationCredential());
        var start = System.nanoTime();
        var ends = Stream.of(request, request.replaceFirst("Content-Length: \\d+", "Content-Length: 4000"))
                .map(bytes -> CompletableFuture.supplyAsync(() -> drip(bytes), THREADS))
                .toList();
        assertThat(ends)
                .map(CompletableFuture::join)
                .allSatisfy(status -> assertThat(status).as("408, or cut off").isIn(408, 0));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
    }

    /** Sends the body so slowly that it does not end, and answers the status; 0 if the door hung up. */
    private int drip(String request) {
        try (var wire = new Wire(door, address)) {
            var body = request.indexOf("\r\n\r\n") + 4;
            wire.send(request.substring(0, body));
            var dripping = Thread.startVirtualThread(() -> {
                try {
                    for (var one = body; one < request.length() - 1; one++) {
                        wire.send(request.substring(one, one + 1));
                        Thread.sleep(300);
                    }
                } catch (InterruptedException | java.io.UncheckedIOException e) {
                    // The door hung up.
                }
            });
            var answer = wire.next(false);
            dripping.interrupt();
            return answer == null ? 0 : answer.status();
        }
    }

    @Test
    void twoRequestsInOneBreathAreTwo() {
        try (var wire = new Wire(door, address)) {
            wire.send(Wire.post(client.withSecret("wrong").byApplicationCredential())
                    + Wire.post(client.byApplicationCredential())
                    + Wire.request("GET", "/v3"));
            assertRefused(wire.answer(false));
            assertIsOnlyThatCluster(wire.answer(false));
            assertThat(wire.answer(false).status()).isEqualTo(200);
        }
    }

    @Test
    void aLengthThatLiesGetsNothing() {
        var body = client.byApplicationCredential();
        var honest = Wire.post(body);
        var length = "Content-Length: " + body.length();
        assertThat(honest).contains(length);
        // Too short: what is left is no second request, whatever it looks like.
        try (var wire = new Wire(door, address)) {
            wire.send(Wire.post("{}" + Wire.post(body)).replaceFirst("Content-Length: \\d+", "Content-Length: 1"));
            assertThat(wire.answer(false).status()).isEqualTo(400);
            var next = wire.next(false);
            assertThat(next == null ? 400 : next.status()).isEqualTo(400);
        }
        for (var lie : List.of(
                "Content-Length: -1",
                "Content-Length: x",
                "Content-Length: 1\r\n" + length,
                length + "\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: xchunked\r\n" + length)) {
            try (var wire = new Wire(door, address)) {
                wire.send(honest.replace(length, lie));
                var answer = wire.next(false);
                assertThat(answer == null ? 400 : answer.status()).as(lie).isGreaterThanOrEqualTo(400);
                assertThat(answer == null || !answer.headers().containsKey("X-Subject-Token"))
                        .as(lie)
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD"})
    void aBodyMakesNoLoginOfAnotherMethod(String method) {
        try (var wire = new Wire(door, address)) {
            wire.send(Wire.post(client.byApplicationCredential()).replaceFirst("POST", method));
            var answer = wire.answer(method.equals("HEAD"));
            assertThat(answer.status()).isIn(400, 401);
            assertThat(answer.headers()).doesNotContainKey("X-Subject-Token");
            // And the body was not taken for a request.
            wire.send(Wire.request("GET", "/v3"));
            assertThat(wire.answer(false).body()).contains("v3.14");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"})
    void noHeaderOverridesTheMethod(String header) {
        var token = login(client.byApplicationCredential()).token();
        var overridden = Wire.exchange(
                door,
                address,
                Wire.request(
                        "GET",
                        "/v3/auth/tokens?_method=DELETE",
                        "X-Auth-Token: " + token,
                        "X-Subject-Token: " + token,
                        header + ": DELETE"));
        assertThat(overridden.status()).isEqualTo(200);
        assertThat(keystone.validate(token).status()).isEqualTo(200);
    }

    @Test
    void everyRefusalIsTheSameInBytesAndInTime() {
        var revoked = neighbours.settled();
        neighbours.tell(new CredentialRevoked(revoked.cluster(), 1, TrusteeFate.REMOVED));
        var superseded = neighbours.superseded(client);
        clusters.forget(client.cluster());
        var kinds = new TreeMap<String, String>(Map.of(
                "unknown", new Client("", "", UNKNOWN, "any", "", "").byApplicationCredential(),
                "wrong", client.withSecret("wrong").byApplicationCredential(),
                "revoked", revoked.byApplicationCredential(),
                "superseded", superseded.byApplicationCredential()));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(kinds.values()).map(this::login).allSatisfy(WeaknessesTest::assertRefused));

        var times = new TreeMap<String, List<Long>>();
        var bodies = new ArrayList<String>();
        var headers = new ArrayList<Map<String, String>>();
        for (var round = 0; round < 30; round++) {
            kinds.forEach((kind, body) -> {
                try (var wire = new Wire(door, address)) {
                    var start = System.nanoTime();
                    var answer = wire.send(Wire.post(body)).answer(false);
                    times.computeIfAbsent(kind, any -> new ArrayList<>()).add(System.nanoTime() - start);
                    assertRefused(answer);
                    bodies.add(answer.body());
                    answer.headers().remove("x-openstack-request-id");
                    headers.add(answer.headers());
                }
            });
        }
        assertThat(bodies.stream().distinct()).hasSize(1);
        assertThat(headers.stream().distinct()).hasSize(1);
        var medians = new TreeMap<String, Long>();
        times.forEach(
                (kind, all) -> medians.put(kind, all.stream().sorted().toList().get(15) / 1_000_000));
        LOG.infof("median times of refusals in ms: %s", medians);
        assertThat(medians.values()).allSatisfy(median -> assertThat(median).isGreaterThanOrEqualTo(100));
        var spread = medians.values().stream().mapToLong(Long::longValue).max().orElseThrow()
                - medians.values().stream().mapToLong(Long::longValue).min().orElseThrow();
        assertThat(spread).as("between medians, in ms: %s", medians).isLessThan(20);
    }

    private Wire.Answer login(String body) {
        return Wire.login(door, address, body);
    }

    private Wire.Answer shown(String auth, String subject) {
        return Wire.exchange(
                door,
                address,
                Wire.request("GET", "/v3/auth/tokens", "X-Auth-Token: " + auth, "X-Subject-Token: " + subject));
    }

    private static void assertRefused(Wire.Answer answer) {
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.headers()).doesNotContainKey("X-Subject-Token");
    }

    private void assertIsOnlyThatCluster(Wire.Answer answer) {
        assertThat(answer.status()).isEqualTo(201);
        var token = keystone.validate(answer.token()).body().get("token");
        assertThat(token.at("/user/name").asText()).isEqualTo(client.cluster());
        assertThat(token.at("/project/id").asText()).isEqualTo(client.project());
        assertThat(token.at("/roles").findValuesAsText("name")).doesNotContain("admin");
    }

    private static JsonNode json(Wire.Answer answer) {
        return Exchange.json(answer.body());
    }
}
