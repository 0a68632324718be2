package lanyard.tokenissuer.door;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/** Closes the plain door where there is one with TLS: an expression in a file of properties can't say "if". */
public final class NoPlainDoor implements ConfigSourceFactory {
    /** Above this application's own properties, below all that an operator can set. */
    private static final int ORDINAL = 255;

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        var certificate = context.getValue("lanyard.door.tls.certificate").getValue();
        return certificate == null || certificate.isBlank()
                ? List.of()
                : List.of(new PropertiesConfigSource(
                        Map.of("quarkus.http.insecure-requests", "disabled"), "TLS at the door", ORDINAL));
    }
}
