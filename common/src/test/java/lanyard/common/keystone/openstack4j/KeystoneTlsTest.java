package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import lanyard.common.keystone.Reply;
import lanyard.common.tracing.Tracing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS to a Keystone whose certificate no system trusts. */
class KeystoneTlsTest {
    private static final char[] STORE_PASSWORD = "changeit".toCharArray();

    @TempDir
    private static Path directory;

    private static KeyStore store;
    private static Path certificate;

    private FakeKeystone keystone;

    @BeforeAll
    static void makeACertificate() throws Exception {
        store = certified();
        certificate = Files.writeString(
                directory.resolve("ca.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(store.getCertificate("keystone").getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
    }

    @BeforeEach
    void listen() throws GeneralSecurityException {
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, STORE_PASSWORD);
        var tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        keystone = new FakeKeystone(tls.getServerSocketFactory());
        keystone.body = "{\"version\":{\"id\":\"v3.14\"}}";
    }

    @AfterEach
    void stop() {
        keystone.close();
    }

    @Test
    void aCertificateOfTheGivenAuthorityIsTrusted() {
        assertThat(ping("localhost", Map.of("ca-certificate", certificate.toString())))
                .isInstanceOf(Reply.Done.class);
    }

    @Test
    void anyOtherCertificateIsNot() {
        assertThat(ping("localhost", Map.of()))
                .isInstanceOfSatisfying(Reply.Unavailable.class, reply -> assertThat(reply.why())
                        .startsWith("no TLS connection to Keystone that can be trusted"));
    }

    @Test
    void aCertificateForAnotherHostIsNotTrusted() {
        assertThat(ping("127.0.0.1", Map.of("ca-certificate", certificate.toString())))
                .isInstanceOfSatisfying(Reply.Unavailable.class, reply -> assertThat(reply.why())
                        .startsWith("no TLS connection to Keystone that can be trusted"));
    }

    private Reply<Void> ping(String host, Map<String, String> more) {
        var properties = new HashMap<>(more);
        properties.put("connect-timeout", "30s");
        properties.put("timeout", "30s");
        properties.put("url", "https://" + host + ":" + keystone.port() + "/v3");
        try (var connection = new KeystoneConnection(Settings.of(properties))) {
            return new Ping(connection, new Calls(new SimpleMeterRegistry(), Tracing.OFF)).ping();
        }
    }

    /** A self-signed certificate for {@code localhost}, by the JDK's own tool: its API can't make one. */
    private static KeyStore certified() throws IOException, InterruptedException, GeneralSecurityException {
        var file = directory.resolve("keystone.p12");
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "keystone",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(STORE_PASSWORD))
                .redirectErrorStream(true)
                .start();
        assertThat(keytool.waitFor())
                .as(new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isZero();
        var store = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            store.load(in, STORE_PASSWORD);
        }
        return store;
    }
}
