package lanyard.tokenissuer.door;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemTrustOptions;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.tokenissuer.TokenIssuerConfig;

/** Asks clients for certificates, where the operator has named their authorities. */
@ApplicationScoped
class Tls implements HttpServerOptionsCustomizer {
    private final TokenIssuerConfig.TlsConfig config;

    Tls(TokenIssuerConfig config) {
        this.config = config.door().tls();
        if (this.config.certificate().isPresent() != this.config.key().isPresent()) {
            throw new IllegalArgumentException(
                    "LANYARD_DOOR_TLS_CERTIFICATE and LANYARD_DOOR_TLS_KEY are needed together");
        }
        if (this.config.certificate().isEmpty()
                && this.config.clientAuthorities().isPresent()) {
            throw new IllegalArgumentException(
                    "LANYARD_DOOR_TLS_CLIENT_AUTHORITIES needs TLS: set LANYARD_DOOR_TLS_CERTIFICATE and LANYARD_DOOR_TLS_KEY");
        }
        if (this.config.clientAuthorities().isEmpty() && this.config.clientCertificateRequired()) {
            throw new IllegalArgumentException(
                    "LANYARD_DOOR_TLS_CLIENT_CERTIFICATE_REQUIRED needs LANYARD_DOOR_TLS_CLIENT_AUTHORITIES");
        }
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        config.clientAuthorities().ifPresent(authorities -> options.setClientAuth(ClientAuth.REQUEST)
                .setTrustOptions(new PemTrustOptions().addCertPath(authorities.toString())));
    }
}
