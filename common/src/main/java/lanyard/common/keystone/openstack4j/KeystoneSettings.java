package lanyard.common.keystone.openstack4j;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import lanyard.common.secrets.Secret;

/** Reads the settings that can be wrong in ways that a type does not show. Every complaint names the variable to mend. */
final class KeystoneSettings {
    private KeystoneSettings() {}

    /** The URL without a slash at its end. */
    static String url(KeystoneConfig config) {
        return url(config.url(), "/v3", "LANYARD_KEYSTONE_URL", "https://keystone.example:5000/v3");
    }

    /** The URL of an API that has its version at its end, without a slash there. */
    static String url(URI given, String end, String variable, String example) {
        var url = given.toString().replaceAll("/+$", "");
        var scheme = given.getScheme();
        if (given.getHost() == null
                || given.getUserInfo() != null
                || given.getQuery() != null
                || given.getFragment() != null
                || !("http".equals(scheme) || "https".equals(scheme))
                || !url.endsWith(end)) {
            throw new IllegalArgumentException(
                    "%s must be an http or https URL that ends in %s, such as %s".formatted(variable, end, example));
        }
        return url;
    }

    static int callsInFlight(KeystoneConfig config) {
        if (config.maxCallsInFlight() < 1) {
            throw new IllegalArgumentException("LANYARD_KEYSTONE_MAX_CALLS_IN_FLIGHT must be 1 or more");
        }
        return config.maxCallsInFlight();
    }

    /** A setting that only the services have that administer Keystone. */
    static <T> T needed(Optional<T> setting, String variable) {
        return setting.orElseThrow(() -> new IllegalArgumentException(
                variable + " is not set: this service administers Keystone and needs to know as whom"));
    }

    /** The administrator's password: as the file has it when it is asked for, or as it was set once and for all. */
    static Supplier<Secret> password(KeystoneConfig config) {
        if (config.passwordFile().isPresent()) {
            var file = config.passwordFile().get();
            return () -> read(file);
        }
        var password = needed(config.password(), "LANYARD_KEYSTONE_PASSWORD");
        return () -> password;
    }

    private static Secret read(Path file) {
        try {
            var password = Files.readString(file).stripTrailing();
            if (!password.isEmpty()) {
                return Secret.of(password);
            }
        } catch (IOException e) {
            // Said below: whatever it is, there is no password.
        }
        throw new IllegalArgumentException("LANYARD_KEYSTONE_PASSWORD_FILE: can't read a password from " + file);
    }

    /** TLS that trusts the certificates in a PEM file and no others. */
    static SSLContext trusting(Path certificates) {
        try (var pem = Files.newInputStream(certificates)) {
            var trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            var number = 0;
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry(Integer.toString(number++), certificate);
            }
            if (number == 0) {
                throw new IllegalArgumentException(
                        "LANYARD_KEYSTONE_CA_CERTIFICATE: no certificate in " + certificates);
            }
            var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            var tls = SSLContext.getInstance("TLS");
            tls.init(null, trust.getTrustManagers(), null);
            return tls;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "LANYARD_KEYSTONE_CA_CERTIFICATE: can't read certificates from " + certificates, e);
        }
    }
}
