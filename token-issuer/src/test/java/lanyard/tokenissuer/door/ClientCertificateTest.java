package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCertificateTest {
    private static final String CLUSTER = "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90";
    private static final String OTHER = "5b1f4c62-3f0e-4f6e-8a53-0c6a1f2f7d11";

    @TempDir
    Path directory;

    @Test
    void aClusterIsNamedByCommonNameDnsNameOrUrn() throws Exception {
        assertThat(ClientCertificate.names(certificate(
                        "CN=%s, O=door".formatted(CLUSTER),
                        "dns:%s".formatted(OTHER),
                        "uri:urn:uuid:1c1b2b0e-0000-4000-8000-000000000001")))
                .containsExactlyInAnyOrder(CLUSTER, OTHER, "1c1b2b0e-0000-4000-8000-000000000001");
    }

    @Test
    void nothingElseNamesOne() throws Exception {
        assertThat(ClientCertificate.names(certificate(
                        "OU=%s, O=%s".formatted(CLUSTER, CLUSTER),
                        "uri:https://example.org/%s".formatted(CLUSTER),
                        "email:%s@example.org".formatted(CLUSTER),
                        "ip:192.0.2.1")))
                .isEmpty();
    }

    @Test
    void aNameWithinANameIsNotOne() throws Exception {
        assertThat(ClientCertificate.names(certificate("CN=\"%s,CN=%s\"".formatted(OTHER, CLUSTER))))
                .containsExactly("%s,CN=%s".formatted(OTHER, CLUSTER));
    }

    private X509Certificate certificate(String subject, String... alternatives) throws Exception {
        var store = Files.createTempDirectory(directory, "store").resolve("certificate.p12");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "client",
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit"));
        if (alternatives.length > 0) {
            command.addAll(List.of("-ext", "san=" + String.join(",", alternatives)));
        }
        run(command);
        var keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        return (X509Certificate) keys.getCertificate("client");
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        var keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
    }
}
