package lanyard.common.database;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Where an authority is named for the database's certificate, every way there is by TLS, with the certificate and the host's name verified:
 * the reactive pool and, by the same settings, the {@link Lifeline}; and JDBC, by which Flyway migrates. An expression in a file of
 * properties can't say "if".
 */
public final class DatabaseTls implements ConfigSourceFactory {
    /** Above all that an operator can set: who names the authority is not to be connected without it by some other setting. */
    private static final int ORDINAL = 1_000;

    /** For JDBC, what the URL says would count. */
    private static final Pattern ANOTHER_MODE = Pattern.compile("[?&]sslmode=(?!verify-full(&|$))");

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        var authority = context.getValue("lanyard.database.ca-certificate").getValue();
        if (authority == null || authority.isEmpty()) {
            return List.of();
        }
        var url = context.getValue("lanyard.database.url").getValue();
        if (url != null && ANOTHER_MODE.matcher(url).find()) {
            throw new ConfigurationException(
                    "LANYARD_DATABASE_URL: with LANYARD_DATABASE_CA_CERTIFICATE there is no sslmode but verify-full, leave it out");
        }
        var file = Path.of(authority).toAbsolutePath();
        check(file);
        return List.of(new PropertiesConfigSource(settings(file.toString()), "TLS to the database", ORDINAL));
    }

    /** What JDBC can't read it would try to read again and again, as if the database were away. */
    private static void check(Path file) {
        try (var pem = Files.newInputStream(file)) {
            if (CertificateFactory.getInstance("X.509")
                    .generateCertificates(pem)
                    .isEmpty()) {
                throw new ConfigurationException("LANYARD_DATABASE_CA_CERTIFICATE: no certificate in " + file);
            }
        } catch (IOException | CertificateException e) {
            // Not the cause: Quarkus says in one line what is at the root of all.
            throw new ConfigurationException("LANYARD_DATABASE_CA_CERTIFICATE: can't read certificates from %s (%s)"
                    .formatted(file, e.getClass().getSimpleName()));
        }
    }

    private static Map<String, String> settings(String file) {
        return Map.of(
                "quarkus.datasource.reactive.postgresql.ssl-mode", "verify-full",
                "quarkus.datasource.reactive.hostname-verification-algorithm", "HTTPS",
                "quarkus.datasource.reactive.trust-all", "false",
                "quarkus.datasource.reactive.trust-certificate-pem", "true",
                "quarkus.datasource.reactive.trust-certificate-pem.certs", file,
                "quarkus.datasource.reactive.trust-certificate-jks", "false",
                "quarkus.datasource.reactive.trust-certificate-pfx", "false",
                "quarkus.datasource.jdbc.additional-jdbc-properties.sslmode", "verify-full",
                "quarkus.datasource.jdbc.additional-jdbc-properties.sslrootcert", file);
    }
}
