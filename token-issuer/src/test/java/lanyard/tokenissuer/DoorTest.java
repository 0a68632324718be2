package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.jwk.ECKey;
import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.EventCodec;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The token issuer on a real Kafka, PostgreSQL and Keystone; the test is provisioner, conductor, cluster and revoker. */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(PublicDoor.class)
class DoorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String DOOR = PublicDoor.URL;

    private static TestBus bus;

    private final HttpClient http = PlainHttp.client();
    private final TestKeystone keystone = new TestKeystone();

    @TestHTTPResource("/")
    URI base;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    @ConfigProperty(name = "lanyard.topics.credentials")
    String topic;

    @ConfigProperty(name = "lanyard.topics.audit")
    String audit;

    @ConfigProperty(name = "lanyard.domain")
    String domain;

    @ConfigProperty(name = RealParts.CONDUCTOR_KEY)
    Path conductorKey;

    @Inject
    Delegation delegation;

    @Inject
    Clusters clusters;

    @Inject
    KeyRing keys;

    @Inject
    AgroalDataSource database;

    @BeforeAll
    static void boardTheBus() {
        bus = new TestBus();
    }

    @AfterAll
    static void leaveTheBus() {
        bus.close();
    }

    @AfterEach
    void leaveKeystoneAsItWas() {
        delegation.removeProjects();
    }

    @Test
    void everyKindOfClientLogsInWithWhatTheConductorUnseals() throws Exception {
        var provisioned = delegation.make("cloud-provider", "registry");
        tell(provisioned);

        var ready = awaitEvents(provisioned.cluster(), "credential.ready", 2);
        assertThat(ready)
                .extracting(event -> event.at("/data/purpose").asText())
                .containsExactlyInAnyOrder("cloud-provider", "registry");
        var credential = unsealed(ready.getFirst());
        assertThat(credential.get("auth_url").asText()).isEqualTo(DOOR);
        assertThat(credential.get("project").asText()).isEqualTo(provisioned.project());
        assertThat(credential.get("application_credential_id"))
                .isEqualTo(ready.getFirst().at("/data/credential"));

        var answers = shapes(credential).stream().map(this::login).toList();
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(201);
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(answer.headers().firstValue("Vary")).hasValue("X-Auth-Token");
            assertThat(answer.headers().firstValue("x-openstack-request-id").orElse(""))
                    .matches("req-[0-9a-f-]{36}");
        });
        // Proving that it can be served was the only time that Keystone was asked.
        assertThat(answers).extracting(DoorTest::token).containsOnly(token(answers.getFirst()));

        var body = json(answers.getFirst());
        var validated = keystone.validate(token(answers.getFirst()));
        assertThat(validated.status()).isEqualTo(200);
        assertThat(body).isEqualTo(validated.body());
        assertThat(body.at("/token/user/name").asText()).isEqualTo(provisioned.cluster());
        assertThat(body.at("/token/project/id").asText()).isEqualTo(provisioned.project());
        assertThat(body.at("/token/roles").findValuesAsText("name")).containsAll(Delegation.ROLES);
        assertThat(body.at("/token/catalog")).isNotEmpty();

        var issued = awaitEvents(
                audit, provisioned.cluster(), "token.issued", shapes(credential).size());
        assertThat(issued).allSatisfy(event -> {
            assertThat(event.at("/data/source").asText()).isEqualTo("cache");
            assertThat(event.at("/data/address").asText()).isEqualTo("127.0.0.1");
            assertThat(event.at("/data/credential")).isEqualTo(credential.get("application_credential_id"));
        });
        assertThat(issued)
                .extracting(event -> event.at("/data/request").asText())
                .containsExactlyInAnyOrderElementsOf(answers.stream()
                        .map(answer -> answer.headers()
                                .firstValue("x-openstack-request-id")
                                .orElseThrow())
                        .toList());
    }

    @Test
    void whoWantsNoCatalogGetsNone() {
        var answer = send("POST", "/v3/auth/tokens?nocatalog", byApplicationCredential(ready(delegation.make("a"))));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(json(answer).at("/token/catalog").isMissingNode()).isTrue();
        assertThat(json(answer).at("/token/user").isObject()).isTrue();
    }

    @Test
    void everyLoginThatFailsGetsTheSameAnswer() {
        var credential = ready(delegation.make("cloud-provider"));
        var another = ready(delegation.make("cloud-provider"));
        var id = credential.get("user_id").asText();
        var secret = credential.get("application_credential_secret").asText();
        var unknown = "0123456789abcdef0123456789abcdef";
        var userDomain = credential.get("user_domain_id").asText();
        var cluster = credential.get("cluster").asText();
        var logins = List.of(
                byApplicationCredential(unknown, secret),
                byApplicationCredential(id.toUpperCase(java.util.Locale.ROOT), secret),
                byApplicationCredential("", secret),
                byApplicationCredential("\\u0000", secret),
                byApplicationCredential("' or 1=1 --", secret),
                byApplicationCredential("x".repeat(5000), secret),
                byApplicationCredential(id, secret + " "),
                byApplicationCredential(id, ""),
                byApplicationCredential(
                        id, another.get("application_credential_secret").asText()),
                byTrust("\"id\":\"%s\"".formatted(unknown), secret, id),
                byTrust("\"id\":\"%s\"".formatted(id), secret, unknown),
                byTrust("\"id\":\"%s\"".formatted(id), "wrong", id),
                byTrust("\"id\":\"%s\"".formatted(another.get("user_id").asText()), secret, id),
                byTrust("\"name\":\"%s\",\"domain\":{\"id\":\"default\"}".formatted(cluster), secret, id),
                byTrust("\"name\":\"%s\",\"domain\":{\"name\":\"Default\"}".formatted(cluster), secret, id),
                byTrust("\"name\":\"admin\",\"domain\":{\"id\":\"%s\"}".formatted(userDomain), secret, id),
                "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"x\"}}}}",
                byTrust("\"id\":\"%s\"".formatted(id), secret, id)
                        .replace("\"OS-TRUST:trust\":{", "\"project\":{\"id\":\"p\"},\"OS-TRUST:trust\":{"));
        assertThat(logins).map(this::login).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body())
                    .isEqualTo(
                            "{\"error\":{\"code\":401,\"message\":\"The request you have made requires authentication.\",\"title\":\"Unauthorized\"}}");
            assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Keystone uri=\"%s\"".formatted(DOOR));
            assertThat(answer.headers().firstValue("X-Subject-Token")).isEmpty();
            assertThat(answer.headers().map().keySet().stream().map(name -> name.toLowerCase(java.util.Locale.ROOT)))
                    .containsExactlyInAnyOrder(
                            "content-type", "content-length", "vary", "www-authenticate", "x-openstack-request-id");
        });
        assertThat(login(byApplicationCredential(id, secret)).statusCode()).isEqualTo(201);
    }

    @Test
    void aRevokedClusterIsRefusedAtOnceAndForEver() {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        assertThat(login(byApplicationCredential(credential)).statusCode()).isEqualTo(201);

        tell(new CredentialRevoked(provisioned.cluster(), 1, TrusteeFate.REMOVED));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(state(provisioned.cluster())).isEqualTo("ABSENT"));
        // The token is still good on Keystone, where nothing was removed: it is the door that refuses.
        assertThat(shapes(credential))
                .map(this::login)
                .extracting(HttpResponse::statusCode)
                .containsOnly(401);

        tell(provisioned);
        tell(client(2, provisioned));
        passTheBus(provisioned.cluster());
        assertThat(login(byApplicationCredential(credential)).statusCode()).isEqualTo(401);
        assertThat(bus.events(topic, provisioned.cluster(), "credential.ready")).hasSize(1);
    }

    @Test
    void aClusterThatIsRevokedBeforeItIsKnownIsNeverServed() {
        var provisioned = delegation.make("cloud-provider");
        tell(new CredentialRevoked(provisioned.cluster(), 0, TrusteeFate.ABSENT));
        tell(provisioned);
        passTheBus(provisioned.cluster());
        assertThat(bus.events(topic, provisioned.cluster(), "credential.ready")).isEmpty();
    }

    @Test
    void aTokenThatIsOnItsWayWhenTheRevocationComesIsNotHandedOut() throws Exception {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        clusters.forget(provisioned.cluster());
        var asked = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        keystoneAnswers(() -> {
            asked.countDown();
            awaitQuietly(goOn);
            return new Reply.Done<>(new KeystoneTokens.Token(
                    Secret.of("too-late"), Instant.now().plusSeconds(3600), Duration.ofHours(1), "{\"token\":{}}"));
        });
        var answer = CompletableFuture.supplyAsync(() -> login(byApplicationCredential(credential)));
        asked.await();
        tell(new CredentialRevoked(provisioned.cluster(), 1, TrusteeFate.REMOVED));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(state(provisioned.cluster())).isEqualTo("ABSENT"));
        goOn.countDown();

        assertThat(answer.get().statusCode()).isEqualTo(401);
        assertThat(answer.get().headers().firstValue("X-Subject-Token")).isEmpty();
        assertThat(bus.events(audit, provisioned.cluster(), "token.issued")).isEmpty();
    }

    @Test
    void whileKeystoneIsAwayWhatIsAtHandIsServedAndTheRestIsToComeBack() {
        var kept = ready(delegation.make("cloud-provider"));
        var provisioned = delegation.make("cloud-provider");
        var dropped = ready(provisioned);
        clusters.forget(provisioned.cluster());
        keystoneAnswers(() -> new Reply.Unavailable<>("the test says so"));

        assertThat(login(byApplicationCredential(kept)).statusCode()).isEqualTo(201);
        var answer = login(byApplicationCredential(dropped));
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
        assertThat(json(answer).at("/error/code").asInt()).isEqualTo(503);
        assertThat(json(answer).at("/error/title").asText()).isEqualTo("Service Unavailable");
        assertThat(json(answer).at("/error/message").asText()).contains("try again");
    }

    @Test
    void aTrustThatSomebodyRemovedIsToldOnTheBusAndServedOnceItWasMadeAnew() {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        var dead = token(login(byApplicationCredential(credential)));
        keystone.admin(
                "DELETE", "/OS-TRUST/trusts/" + provisioned.grants().getFirst().trust(), null);

        // A client that was refused by a service logs in again: the dead token is not handed out once more.
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    var answer = login(byApplicationCredential(credential));
                    assertThat(answer.statusCode()).isEqualTo(503);
                    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                });
        var failed = awaitEvents(provisioned.cluster(), "credential.failed", 1).getFirst();
        assertThat(failed.at("/data/reason").asText()).isEqualTo("token-refused");
        assertThat(failed.at("/data/backend").asInt()).isEqualTo(1);
        assertThat(states()).contains("failed");

        tell(delegation.anew(provisioned));
        await().atMost(PATIENCE).untilAsserted(() -> {
            var answer = login(byApplicationCredential(credential));
            assertThat(answer.statusCode()).isEqualTo(201);
            assertThat(token(answer)).isNotEqualTo(dead);
            assertThat(keystone.validate(token(answer)).status()).isEqualTo(200);
        });
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(column("failure", provisioned.cluster()))
                .isNull());
        // The clients' credential was not touched.
        assertThat(bus.events(topic, provisioned.cluster(), "credential.ready")).hasSize(1);
    }

    @Test
    void aBackendThatIsRefusedAgainAndAgainIsToldEverLessOften() {
        var provisioned = delegation.make("cloud-provider");
        keystoneAnswers(() -> new Reply.Denied<>(401, "the test says so"));
        tell(provisioned);
        awaitEvents(provisioned.cluster(), "credential.failed", 1);
        tell(backend(2, provisioned));
        awaitEvents(provisioned.cluster(), "credential.failed", 2);
        tell(backend(3, provisioned));
        awaitEvents(provisioned.cluster(), "credential.failed", 3);
        assertThat(bus.events(topic, provisioned.cluster(), "credential.failed"))
                .extracting(event -> event.at("/data/backend").asInt())
                .containsExactly(1, 2, 3);
        assertThat(column("refusals", provisioned.cluster())).isEqualTo("3");
    }

    @Test
    void aTrustToTheIssuerIsServedByExchange() {
        var one = delegation.makeForIssuer("cloud-provider");
        var other = delegation.makeForIssuer("cloud-provider");
        var credential = ready(one);
        var another = ready(other);
        var token = token(login(byApplicationCredential(credential)));
        assertThat(keystone.validate(token).body().at("/token/project/id").asText())
                .isEqualTo(one.project());
        assertThat(keystone.validate(token).body().at("/token/user/name").asText())
                .isEqualTo("token-issuer");
        assertThat(keystone.validate(token(login(byApplicationCredential(another))))
                        .body()
                        .at("/token/project/id")
                        .asText())
                .isEqualTo(other.project());
    }

    @Test
    void aRotationGivesTheConductorANewCredentialAndLeavesTheOldOneForAWhile() {
        var provisioned = delegation.make("cloud-provider");
        var old = ready(provisioned);
        var token = token(login(byApplicationCredential(old)));
        tell(client(2, provisioned));
        var ready = awaitEvents(provisioned.cluster(), "credential.ready", 2);
        var fresh = unsealed(ready.getLast());
        assertThat(fresh.get("application_credential_id")).isNotEqualTo(old.get("application_credential_id"));
        assertThat(login(byApplicationCredential(fresh)).statusCode()).isEqualTo(201);
        // What is behind it did not change, so it is the very token.
        assertThat(token(login(byApplicationCredential(old)))).isEqualTo(token);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        login(byApplicationCredential(old)).statusCode())
                .isEqualTo(401));
        assertThat(login(byApplicationCredential(fresh)).statusCode()).isEqualTo(201);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        query("select count(*) from credential where cluster = '%s'".formatted(provisioned.cluster())))
                .isEqualTo("1"));
    }

    @Test
    void aLoginThatWaitsForTheDatabaseIsToldToComeBack() throws SQLException {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table credential in access exclusive mode");
            clusters.forget(provisioned.cluster());
            var asked = Instant.now();
            var answer = login(byApplicationCredential(credential));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            // Well before the time that a request may take at all.
            assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(12));
            connection.rollback();
        }
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        login(byApplicationCredential(credential)).statusCode())
                .isEqualTo(201));
    }

    @Test
    void aTokenThatTheDoorGaveIsShownAndExchangedForItselfAndGivenBack() {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        var login = login(byApplicationCredential(credential));
        var token = token(login);

        var shown = with(token, token, "GET", "/v3/auth/tokens");
        assertThat(shown.statusCode()).isEqualTo(200);
        assertThat(json(shown)).isEqualTo(json(login));
        assertThat(token(shown)).isEqualTo(token);
        var head = with(token, token, "HEAD", "/v3/auth/tokens");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(json(with(token, null, "GET", "/v3/auth/catalog")).get("catalog"))
                .isEqualTo(json(login).at("/token/catalog"));
        assertThat(json(with(token, null, "GET", "/v3/auth/projects"))
                        .at("/projects/0/id")
                        .asText())
                .isEqualTo(provisioned.project());

        for (var scope : List.of(
                "",
                ",\"scope\":{\"project\":{\"id\":\"%s\"}}".formatted(provisioned.project()),
                ",\"scope\":{\"OS-TRUST:trust\":{\"id\":\"%s\"}}"
                        .formatted(credential.get("trust_id").asText()))) {
            var again = login(byToken(token, scope));
            assertThat(again.statusCode()).isEqualTo(201);
            assertThat(token(again)).isEqualTo(token);
            assertThat(json(again).at("/token/expires_at"))
                    .isEqualTo(json(login).at("/token/expires_at"));
        }
        assertThat(login(byToken(token, ",\"scope\":{\"project\":{\"id\":\"another\"}}"))
                        .statusCode())
                .isEqualTo(401);

        assertThat(with(token, token, "DELETE", "/v3/auth/tokens").statusCode()).isEqualTo(204);
        assertThat(keystone.validate(token).status()).isEqualTo(404);
        awaitEvents(provisioned.cluster(), "token.revoked", 1);
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(with(token, token, "GET", "/v3/auth/tokens").statusCode())
                    .isEqualTo(401);
            var next = login(byApplicationCredential(credential));
            assertThat(next.statusCode()).isEqualTo(201);
            assertThat(token(next)).isNotEqualTo(token);
        });
    }

    @Test
    void aTokenThatAnotherReplicaGaveIsKnownByItsTrust() {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        var elsewhere = keystone.trustToken(
                provisioned.trustee().id(),
                keys.derive("test", KeyRing.Purpose.TRUSTEE, provisioned.cluster(), 1)
                        .reveal(),
                provisioned.grants().getFirst().trust());
        assertThat(with(elsewhere, elsewhere, "GET", "/v3/auth/tokens").statusCode())
                .isEqualTo(200);
        assertThat(token(login(byToken(elsewhere, "")))).isEqualTo(elsewhere);
        assertThat(token(login(byApplicationCredential(credential)))).isNotEqualTo(elsewhere);
    }

    @Test
    void noClusterSeesAnothersToken() {
        var mine = token(login(byApplicationCredential(ready(delegation.make("cloud-provider")))));
        var theirs = token(login(byApplicationCredential(ready(delegation.make("cloud-provider")))));
        for (var method : List.of("GET", "DELETE")) {
            assertThat(with(mine, theirs, method, "/v3/auth/tokens").statusCode())
                    .isEqualTo(404);
        }
        assertThat(keystone.validate(theirs).status()).isEqualTo(200);
        assertThat(with("x".repeat(200), mine, "GET", "/v3/auth/tokens").statusCode())
                .isEqualTo(401);
        // The administrator's own token is none of the door's.
        assertThat(with(keystone.adminToken(), keystone.adminToken(), "GET", "/v3/auth/tokens")
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void whatKeystoneDoesNotServeIsNotAnnouncedUntilItDoes() {
        var provisioned = delegation.make("cloud-provider");
        keystoneAnswers(() -> new Reply.Denied<>(401, "the test says so"));
        tell(provisioned);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(column("failure", provisioned.cluster()))
                .isEqualTo("KEYSTONE_REFUSES"));
        assertThat(states()).contains("failed");
        assertThat(bus.events(topic, provisioned.cluster(), "credential.ready")).isEmpty();

        keystoneAnswers(() -> new Reply.Done<>(new KeystoneTokens.Token(
                Secret.of("back"), Instant.now().plusSeconds(3600), Duration.ofHours(1), "{\"token\":{}}")));
        awaitEvents(provisioned.cluster(), "credential.ready", 1);
        assertThat(column("failure", provisioned.cluster())).isNull();
        assertThat(bus.events(topic, provisioned.cluster(), "credential.failed"))
                .hasSize(1);
    }

    @Test
    void aClusterWhoseMasterKeyIsLostIsNotServedAndNotToldThatItsSecretIsWrong() {
        var provisioned = delegation.make("cloud-provider");
        var lost = new CredentialProvisioned(
                provisioned.cluster(),
                provisioned.project(),
                new Generation(1, "lost"),
                new Generation(1, "lost"),
                provisioned.delegation(),
                provisioned.custodian(),
                provisioned.trustee(),
                provisioned.grants());
        tell(lost);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(column("failure", lost.cluster()))
                .isEqualTo("KEY_MISSING"));
        var login = byApplicationCredential(Credential.id(lost.cluster(), "cloud-provider", 1), "any");
        assertThat(login(login).statusCode()).isEqualTo(503);

        tell(new CredentialRevoked(lost.cluster(), 0, TrusteeFate.ABSENT));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(login(login).statusCode()).isEqualTo(401));
    }

    @Test
    void twoTalesOfOneClusterAreNotServedUntilAHigherGenerationSettlesIt() {
        var provisioned = delegation.make("cloud-provider");
        var credential = ready(provisioned);
        tell(new CredentialProvisioned(
                provisioned.cluster(),
                provisioned.project(),
                provisioned.client(),
                provisioned.backend(),
                provisioned.delegation(),
                provisioned.custodian(),
                provisioned.trustee(),
                List.of(new Grant("cloud-provider", "forged", Trusteeship.PER_CLUSTER, List.of("admin")))));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        login(byApplicationCredential(credential)).statusCode())
                .isEqualTo(401));
        assertThat(states()).contains("disputed");
        assertThat(awaitEvents(provisioned.cluster(), "credential.failed", 1)
                        .getFirst()
                        .at("/data/message")
                        .asText())
                .contains("forged");

        tell(delegation.anew(provisioned));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        login(byApplicationCredential(credential)).statusCode())
                .isEqualTo(201));
    }

    @Test
    void whatIsToldTwiceIsAnnouncedOnce() {
        var provisioned = delegation.make("cloud-provider");
        ready(provisioned);
        tell(provisioned);
        tell(provisioned);
        passTheBus(provisioned.cluster());
        assertThat(bus.events(topic, provisioned.cluster(), "credential.ready")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v3", "/v3/"})
    void theVersionIsKeystones(String path) {
        var answer = send("GET", path, null);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.headers().firstValue("Vary")).hasValue("X-Auth-Token");
        assertThat(json(answer)).isEqualTo(tree("{\"version\":" + VERSION + "}"));
    }

    @Test
    void theUnversionedUrlLeadsToTheVersion() {
        var answer = send("GET", "/", null);
        assertThat(answer.statusCode()).isEqualTo(300);
        assertThat(answer.headers().firstValue("Location")).hasValue(DOOR + "/");
        assertThat(json(answer)).isEqualTo(tree("{\"versions\":{\"values\":[" + VERSION + "]}}"));
    }

    private static final String VERSION =
            """
            {"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z",
             "links":[{"rel":"self","href":"https://door.example/v3/"}],
             "media-types":[{"base":"application/json","type":"application/vnd.openstack.identity-v3+json"}]}
            """;

    @ParameterizedTest
    @ValueSource(
            strings = {"GET /v3/users", "POST /v3/OS-TRUST/trusts", "GET /v2.0", "DELETE /v3/auth/tokens/x", "GET /x"})
    void whatOnlyKeystoneHasIsNotFoundHere(String call) {
        var answer = send(call.split(" ")[0], call.split(" ")[1], null);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(json(answer).at("/error/code").asInt()).isEqualTo(404);
        assertThat(json(answer).at("/error/title").asText()).isEqualTo("Not Found");
        assertThat(json(answer).at("/error/message").asText()).contains("Lanyard's door", "identity endpoint");
        assertThat(answer.headers().firstValue("x-openstack-request-id")).isPresent();
    }

    @Test
    void whatIsNotDoneWithATokenIsNotAllowed() {
        var answer = send("PUT", "/v3/auth/tokens", null);
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow").orElse("")).contains("POST", "DELETE");
        assertThat(json(answer).at("/error/code").asInt()).isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"auth\":{}}", "{\"auth\":{\"identity\":{\"methods\":[\"password\"]}}}"})
    void whatIsNoLoginIsMalformed(String body) {
        var answer = send("POST", "/v3/auth/tokens", body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).at("/error/title").asText()).isEqualTo("Bad Request");
    }

    @ParameterizedTest
    @ValueSource(ints = {16 * 1024 + 1, 60_000})
    void whatIsTooLongForALoginIsNotRead(int length) {
        var answer = send("POST", "/v3/auth/tokens", "x".repeat(length));
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(json(answer).at("/error/code").asInt()).isEqualTo(413);
    }

    @Test
    void whatIsMuchTooLongIsCutOff() {
        assertThat(send("POST", "/v3/auth/tokens", "x".repeat(200_000)).statusCode())
                .isEqualTo(413);
    }

    @Test
    void aTrailingSlashIsNoOtherDoor() {
        var credential = ready(delegation.make("cloud-provider"));
        assertThat(send("POST", "/v3/auth/tokens/", byApplicationCredential(credential))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void whatTheDoorDoesIsCounted() {
        var credential = ready(delegation.make("cloud-provider"));
        login(byApplicationCredential(credential));
        login(byApplicationCredential("0123456789abcdef0123456789abcdef", "x"));
        assertThat(send("GET", metrics.toString(), null).body())
                .contains("lanyard_tokens_issued_total{source=\"cache\"}")
                .contains("lanyard_tokens_refused_total{reason=\"unknown-credential\"}");
        // Not for clusters.
        assertThat(send("GET", "/q/metrics", null).statusCode()).isEqualTo(404);
    }

    // What the others do.

    private void tell(CredentialEvent event) {
        var body = EventCodec.write(event, UUID.randomUUID().toString(), "/lanyard/provisioner", Instant.now());
        bus.send(topic, null, event.cluster(), body);
    }

    private static CredentialProvisioned client(int generation, CredentialProvisioned first) {
        return new CredentialProvisioned(
                first.cluster(),
                first.project(),
                new Generation(generation, "test"),
                first.backend(),
                first.delegation(),
                first.custodian(),
                first.trustee(),
                first.grants());
    }

    private static CredentialProvisioned backend(int generation, CredentialProvisioned first) {
        return new CredentialProvisioned(
                first.cluster(),
                first.project(),
                first.client(),
                new Generation(generation, "test"),
                first.delegation(),
                first.custodian(),
                first.trustee(),
                first.grants());
    }

    /** Announces a delegation, and answers what the conductor finds in the first seal. */
    private JsonNode ready(CredentialProvisioned provisioned) {
        tell(provisioned);
        return unsealed(
                awaitEvents(provisioned.cluster(), "credential.ready", 1).getFirst());
    }

    private List<JsonNode> awaitEvents(String cluster, String type, int howMany) {
        return awaitEvents(topic, cluster, type, howMany);
    }

    private static List<JsonNode> awaitEvents(String topic, String cluster, String type, int howMany) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> assertThat(
                        bus.events(topic, cluster, type))
                .hasSize(howMany));
        bus.everything(topic).forEach(record -> EventSchemas.assertValid(record.value()));
        return bus.events(topic, cluster, type);
    }

    /** Waits until all that was told of a cluster so far was heard: by telling of another one, on the same partition. */
    private void passTheBus(String cluster) {
        var partition = bus.everything(topic).stream()
                .filter(record -> cluster.equals(record.key()))
                .findFirst()
                .orElseThrow()
                .partition();
        var last = UUID.randomUUID().toString();
        var event = new CredentialRevoked(last, 0, TrusteeFate.ABSENT);
        bus.send(topic, partition, last, EventCodec.write(event, last, "/lanyard/revoker", Instant.now()));
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(state(last)).isEqualTo("ABSENT");
            assertThat(column("due_at", cluster)).isNull();
            assertThat(column("(select max(id) from outbox where published_at is null)", cluster))
                    .isNull();
        });
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

    private void keystoneAnswers(Supplier<Reply<KeystoneTokens.Token>> answer) {
        QuarkusMock.installMockForType(
                new KeystoneTokens() {
                    @Override
                    public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
                        return answer.get();
                    }

                    @Override
                    public Reply<Token> issue(ServiceUser trustee, String trustId) {
                        return answer.get();
                    }

                    @Override
                    public Reply<Token> logIn(ServiceUser user) {
                        return answer.get();
                    }

                    @Override
                    public Reply<Token> validate(Secret token) {
                        return answer.get();
                    }

                    @Override
                    public Reply<Void> revoke(Secret token) {
                        return Reply.done();
                    }

                    @Override
                    public Reply<Void> ping() {
                        return Reply.done();
                    }
                },
                KeystoneTokens.class);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // What the cluster's clients do.

    private List<String> shapes(JsonNode credential) {
        var secret = credential.get("application_credential_secret").asText();
        var trust = credential.get("trust_id").asText();
        var name = credential.get("username").asText();
        var user = "\"id\":\"%s\"".formatted(credential.get("user_id").asText());
        return List.of(
                byApplicationCredential(credential),
                "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],\"application_credential\":{\"name\":\"%s\",\"user\":{%s},\"secret\":\"%s\"}}}}"
                        .formatted(credential.get("application_credential_name").asText(), user, secret),
                byPassword(user, secret, ""),
                byPassword(
                        user,
                        secret,
                        ",\"scope\":{\"project\":{\"id\":\"%s\"}}"
                                .formatted(credential.get("project").asText())),
                byTrust("\"id\":\"%s\"".formatted(credential.get("user_id").asText()), secret, trust),
                byTrust(
                        "\"name\":\"%s\",\"domain\":{\"id\":\"%s\"}"
                                .formatted(
                                        name, credential.get("user_domain_id").asText()),
                        secret,
                        trust),
                byTrust("\"name\":\"%s\",\"domain\":{\"name\":\"%s\"}".formatted(name, domain), secret, trust));
    }

    private static String byApplicationCredential(JsonNode credential) {
        return byApplicationCredential(
                credential.get("application_credential_id").asText(),
                credential.get("application_credential_secret").asText());
    }

    private static String byApplicationCredential(String id, String secret) {
        return """
                {"auth":{"identity":{"methods":["application_credential"],
                  "application_credential":{"id":"%s","secret":"%s"}}}}
                """
                .formatted(id, secret);
    }

    private static String byPassword(String user, String password, String scope) {
        return "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{%s,\"password\":\"%s\"}}}%s}}"
                .formatted(user, password, scope);
    }

    private static String byTrust(String user, String password, String trust) {
        return """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{%s,"password":"%s"}}},
                  "scope":{"OS-TRUST:trust":{"id":"%s"}}}}
                """
                .formatted(user, password, trust);
    }

    private static String byToken(String token, String scope) {
        return "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\"%s\"}}%s}}"
                .formatted(token, scope);
    }

    /** A request with these tokens. */
    private HttpResponse<String> with(String auth, String subject, String method, String path) {
        var request = HttpRequest.newBuilder(base.resolve(path))
                .method(method, BodyPublishers.noBody())
                .header("X-Auth-Token", auth);
        if (subject != null) {
            request.header("X-Subject-Token", subject);
        }
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpResponse<String> login(String body) {
        return send("POST", "/v3/auth/tokens", body);
    }

    private HttpResponse<String> send(String method, String path, String body) {
        var request = HttpRequest.newBuilder(base.resolve(path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String token(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Subject-Token").orElseThrow();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return tree(answer.body());
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // What the rows say.

    private String state(String cluster) {
        return column("phase", cluster);
    }

    private String column(String column, String cluster) {
        return query("select %s::text from cluster where cluster = '%s'".formatted(column, cluster));
    }

    private String states() {
        return query("select string_agg(state, ' ') from cluster_states");
    }

    private String query(String sql) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            return result.next() ? result.getString(1) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
