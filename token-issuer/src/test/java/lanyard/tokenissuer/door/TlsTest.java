package lanyard.tokenissuer.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import lanyard.tokenissuer.TokenIssuerConfig;
import org.junit.jupiter.api.Test;

/** Settings of the door's TLS that can't be meant are told at the start, by their names. */
class TlsTest {
    @Test
    void noTlsIsASetting() {
        assertThat(new Tls(config(Map.of()))).isNotNull();
    }

    @Test
    void aCertificateNeedsItsKeyAndAKeyItsCertificate() {
        for (var one : new String[] {"certificate", "key"}) {
            assertThatThrownBy(() -> new Tls(config(Map.of(one, "file"))))
                    .hasMessage("LANYARD_DOOR_TLS_CERTIFICATE and LANYARD_DOOR_TLS_KEY are needed together");
        }
    }

    @Test
    void clientAuthoritiesNeedTls() {
        assertThatThrownBy(() -> new Tls(config(Map.of("client-authorities", "file"))))
                .hasMessageStartingWith("LANYARD_DOOR_TLS_CLIENT_AUTHORITIES needs TLS");
    }

    @Test
    void aClientCertificateCanOnlyBeRequiredOfAnAuthority() {
        assertThatThrownBy(() -> new Tls(
                        config(Map.of("certificate", "file", "key", "file", "client-certificate-required", "true"))))
                .hasMessage("LANYARD_DOOR_TLS_CLIENT_CERTIFICATE_REQUIRED needs LANYARD_DOOR_TLS_CLIENT_AUTHORITIES");
    }

    private static TokenIssuerConfig config(Map<String, String> tls) {
        var settings = new HashMap<>(Map.of(
                "lanyard.key-ring.directory", "keys",
                "lanyard.key-ring.current", "test",
                "lanyard.recipients", "recipients",
                "lanyard.door.url", "https://door.example/v3"));
        tls.forEach((name, value) -> settings.put("lanyard.door.tls." + name, value));
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(TokenIssuerConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 100))
                .build()
                .getConfigMapping(TokenIssuerConfig.class);
    }
}
