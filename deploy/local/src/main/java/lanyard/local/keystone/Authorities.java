package lanyard.local.keystone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import lanyard.local.terminal.Trouble;

/** TLS that trusts the certificates in a PEM file and no others, as OpenStack's clients do with {@code OS_CACERT}. */
final class Authorities {
    private Authorities() {}

    static SSLContext of(Path file) {
        try (var pem = Files.newInputStream(file)) {
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry(Integer.toString(trusted.size()), certificate);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var tls = SSLContext.getInstance("TLS");
            tls.init(null, trust.getTrustManagers(), null);
            return tls;
        } catch (IOException | GeneralSecurityException e) {
            throw new Trouble("no certificates can be read from " + file, "give a file of PEM certificates", e);
        }
    }
}
