package lanyard.tokenissuer.door;

import io.vertx.core.http.HttpServerRequest;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** The clusters that a client's certificate is for. TLS has checked by whom it was issued. */
final class ClientCertificate {
    private static final int DNS_NAME = 2;
    private static final int URI = 6;
    private static final String URN = "urn:uuid:";

    private ClientCertificate() {}

    /** The names in the client's certificate; {@code null} if it has shown none. */
    static @Nullable Set<String> names(HttpServerRequest request) {
        var session = request.isSSL() ? request.connection().sslSession() : null;
        try {
            return session != null && session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? names(certificate)
                    : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** The common name, and the DNS names and URNs of UUIDs among the alternative names (RFC 5280, 4.2.1.6). */
    static Set<String> names(X509Certificate certificate) {
        var names = new HashSet<String>();
        try {
            new LdapName(certificate.getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .map(part -> String.valueOf(part.getValue()))
                            .forEach(names::add);
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.stream()
                        .map(ClientCertificate::name)
                        .filter(Objects::nonNull)
                        .forEach(names::add);
            }
        } catch (InvalidNameException | CertificateParsingException e) {
            return Set.of();
        }
        return names;
    }

    private static @Nullable String name(List<?> alternative) {
        return switch ((Integer) alternative.get(0)) {
            case DNS_NAME -> (String) alternative.get(1);
            case URI ->
                alternative.get(1) instanceof String uri && uri.startsWith(URN) ? uri.substring(URN.length()) : null;
            default -> null;
        };
    }
}
