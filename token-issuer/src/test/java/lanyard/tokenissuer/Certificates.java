package lanyard.tokenissuer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Certificates in a directory, made by the JDK's own tool: its API can't make any. */
final class Certificates {
    static final char[] PASSWORD = "changeit".toCharArray();

    private final Path directory;

    Certificates(Path directory) {
        this.directory = directory;
    }

    /** An authority of that name. */
    void authority(String name) {
        keytool(
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "bc:c",
                "-keystore",
                file(name));
    }

    /** A certificate that vouches for itself. */
    void selfSigned(String name, String subject, String extension) {
        keytool(
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-ext",
                extension,
                "-keystore",
                file(name));
    }

    /** A certificate for which an authority vouches. */
    void signed(String name, String subject, String extension, String authority) {
        selfSigned(name, subject, extension);
        var request = directory.resolve(name + ".csr").toString();
        var chain = directory.resolve(name + ".chain").toString();
        keytool("-certreq", "-alias", name, "-file", request, "-keystore", file(name));
        keytool(
                "-gencert",
                "-alias",
                authority,
                "-infile",
                request,
                "-outfile",
                chain,
                "-rfc",
                "-ext",
                extension,
                "-keystore",
                file(authority));
        keytool("-importcert", "-noprompt", "-alias", "ca", "-file", authorityPem(authority), "-keystore", file(name));
        keytool("-importcert", "-noprompt", "-alias", name, "-file", chain, "-keystore", file(name));
    }

    private String authorityPem(String authority) {
        try {
            return certificatePem(authority).toString();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    KeyStore store(String name) throws IOException, GeneralSecurityException {
        return KeyStore.getInstance(directory.resolve(name + ".p12").toFile(), PASSWORD);
    }

    /** A store that trusts that certificate and no other. */
    KeyStore trusting(String name) throws IOException, GeneralSecurityException {
        var trusting = KeyStore.getInstance("PKCS12");
        trusting.load(null, null);
        trusting.setCertificateEntry(name, store(name).getCertificate(name));
        return trusting;
    }

    Path certificatePem(String name) throws IOException, GeneralSecurityException {
        return pem(
                name + ".crt", "CERTIFICATE", store(name).getCertificate(name).getEncoded());
    }

    Path keyPem(String name) throws IOException, GeneralSecurityException {
        return pem(
                name + ".key", "PRIVATE KEY", store(name).getKey(name, PASSWORD).getEncoded());
    }

    private Path pem(String file, String what, byte[] content) throws IOException {
        return Files.writeString(
                directory.resolve(file),
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(what, Base64.getMimeEncoder().encodeToString(content)));
    }

    private String file(String name) {
        return directory.resolve(name + ".p12").toString();
    }

    private static void keytool(String... arguments) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", new String(PASSWORD)));
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
