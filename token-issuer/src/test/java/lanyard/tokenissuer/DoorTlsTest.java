package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import lanyard.common.testing.RealParts;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The door with TLS, to which clients have to show certificates; it also is the catalog's identity endpoint here. */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(DoorTlsTest.TlsDoor.class)
class DoorTlsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Client client;
    private static Client another;
    private static Certificates certificates;
    private static HttpClient certified;

    @TestHTTPResource(value = "/", tls = true)
    URI door;

    @Inject
    Delegation delegation;

    @Inject
    Neighbours neighbours;

    /** TLS by the settings that an operator has. */
    public static final class TlsDoor implements QuarkusTestResourceLifecycleManager {
        static final String DIRECTORY = "test.certificates";

        @Override
        public Map<String, String> start() {
            try {
                var directory = Files.createTempDirectory(Path.of("target"), "certificates")
                        .toAbsolutePath();
                var made = new Certificates(directory);
                made.authority("clients");
                made.selfSigned("door", "CN=localhost", "san=dns:localhost,ip:127.0.0.1");
                return Map.of(
                        DIRECTORY,
                        directory.toString(),
                        "quarkus.http.test-ssl-port",
                        "0",
                        "lanyard.door.url",
                        PublicDoor.URL,
                        "lanyard.door.identity-endpoint",
                        "door",
                        "lanyard.door.tls.certificate",
                        made.certificatePem("door").toString(),
                        "lanyard.door.tls.key",
                        made.keyPem("door").toString(),
                        "lanyard.door.tls.client-authorities",
                        made.certificatePem("clients").toString(),
                        "lanyard.door.tls.client-certificate-required",
                        "true");
            } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void stop() {}
    }

    @BeforeEach
    void twoClustersAndACertificateForOne() throws Exception {
        if (client == null) {
            certificates = new Certificates(ConfigProvider.getConfig().getValue(TlsDoor.DIRECTORY, Path.class));
            client = neighbours.ready(delegation.make("cloud-provider"));
            another = neighbours.ready(delegation.make("cloud-provider"));
            certificates.signed("cluster", "CN=" + client.cluster(), "san=dns:unimportant.example", "clients");
            certified = http("cluster");
        }
    }

    @AfterAll
    static void leave() {
        client = null;
    }

    @Test
    void aCertificateThatNamesTheClusterPasses() throws Exception {
        assertThat(login(certified, client).statusCode()).isEqualTo(201);
    }

    @Test
    void aCertificateMayNameTheClusterAsUrnOrDnsName() throws Exception {
        certificates.signed(
                "names",
                "CN=some-node",
                "san=uri:urn:uuid:%s,dns:%s".formatted(client.cluster(), another.cluster()),
                "clients");
        var both = http("names");
        assertThat(login(both, client).statusCode()).isEqualTo(201);
        assertThat(login(both, another).statusCode()).isEqualTo(201);
    }

    @Test
    void aCertificateThatNamesAnotherClusterIsRefusedLikeAWrongSecret() throws Exception {
        var wrongSecret = login(certified, client.withSecret("wrong"));
        assertThat(wrongSecret.statusCode()).isEqualTo(401);
        assertSame(login(certified, another), wrongSecret);
    }

    @Test
    void noCertificateIsRefusedLikeAWrongSecret() throws Exception {
        assertSame(login(http(null), client), login(certified, client.withSecret("wrong")));
    }

    @Test
    void aCertificateOfAnotherAuthorityIsWorthNone() throws Exception {
        certificates.selfSigned("forged", "CN=" + client.cluster(), "san=dns:unimportant.example");
        var forger = http("forged");
        try {
            // A client that heeds the authorities that the door names does not show it at all.
            assertThat(login(forger, client).statusCode()).isEqualTo(401);
        } catch (IOException e) {
            assertThat(e).isInstanceOf(SSLException.class);
        }
    }

    @Test
    void thereIsNoPlainDoor() {
        var plain = ConfigProvider.getConfig()
                .getOptionalValue("quarkus.http.test-port", Integer.class)
                .filter(port -> port > 0);
        assertThat(ConfigProvider.getConfig().getValue("quarkus.http.insecure-requests", String.class))
                .isEqualTo("disabled");
        assertThat(plain).isEmpty();
        // Nor does the TLS port speak anything else.
        try (var wire = new Wire(door, Wire.freshAddress())) {
            assertThat(wire.send(Wire.request("GET", "/v3")).next(false)).isNull();
        }
    }

    @Test
    void theCatalogLeadsBackToTheDoor() throws Exception {
        var catalog = json(login(certified, client)).at("/token/catalog");
        var identity = Optional.<JsonNode>empty();
        for (var service : catalog) {
            if (service.path("type").asText().equals("identity")) {
                identity = Optional.of(service.path("endpoints"));
            }
        }
        assertThat(identity.orElseThrow()).isNotEmpty().allSatisfy(endpoint -> assertThat(
                        endpoint.path("url").asText())
                .isEqualTo(PublicDoor.URL));
    }

    private static void assertSame(HttpResponse<String> answer, HttpResponse<String> other) {
        assertThat(answer.statusCode()).isEqualTo(other.statusCode());
        assertThat(answer.body()).isEqualTo(other.body());
        assertThat(answer.headers().map().keySet())
                .isEqualTo(other.headers().map().keySet());
    }

    private HttpResponse<String> login(HttpClient http, Client who) throws Exception {
        return http.send(
                HttpRequest.newBuilder(door.resolve("/v3/auth/tokens"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(who.byApplicationCredential()))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    /** A client that trusts the door, and shows a certificate if it has one. */
    private HttpClient http(String certificate) throws Exception {
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        if (certificate != null) {
            keys.init(certificates.store(certificate), Certificates.PASSWORD);
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(certificates.trusting("door"));
        var tls = SSLContext.getInstance("TLS");
        tls.init(certificate == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(tls).build();
    }
}
