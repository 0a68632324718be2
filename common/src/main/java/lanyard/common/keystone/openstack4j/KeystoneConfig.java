package lanyard.common.keystone.openstack4j;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import lanyard.common.secrets.Secret;
import org.eclipse.microprofile.config.spi.Converter;
import org.jspecify.annotations.Nullable;

/** Where Keystone is, how it is called, and as whom. */
@ConfigMapping(prefix = "lanyard.keystone")
public interface KeystoneConfig {
    /** Keystone's Identity API, http or https, ending in {@code /v3}. Every call goes there, whatever the catalog says. */
    URI url();

    /** How long a new connection may take, its TLS handshake included. */
    @WithDefault("2s")
    Duration connectTimeout();

    /**
     * How long one call may take, from sending it to the last byte of its answer; and how long a call may wait for its turn when
     * {@link #maxCallsInFlight()} are out already.
     */
    @WithDefault("10s")
    Duration timeout();

    /** How many calls this process has out at Keystone at most. The others wait in line. */
    @WithDefault("8")
    int maxCallsInFlight();

    /** The longest answer that is read, in bytes (suffixes K and M are known). Tokens carry the whole catalog. */
    @WithDefault("1M")
    MemorySize maxResponseSize();

    /** A file of PEM certificates: the authorities to trust for Keystone's TLS, instead of the system's. */
    Optional<Path> caCertificate();

    /** Name of the service's own user at Keystone. Needed by the provisioner and the revoker. */
    Optional<String> username();

    /**
     * A file with that user's password, which is read whenever the password is needed, so that it may change. Either this or
     * {@link #password()} is needed by the provisioner and the revoker; this one counts if both are there.
     */
    Optional<Path> passwordFile();

    /** That user's password. */
    @WithConverter(SecretConverter.class)
    Optional<Secret> password();

    /** Name of that user's domain. */
    @WithDefault("Default")
    String userDomain();

    /** Name of the project on which that user has its role. Needed by the provisioner and the revoker. */
    Optional<String> project();

    /** Name of that project's domain. */
    @WithDefault("Default")
    String projectDomain();

    /** Keeps the password out of every {@code String} that somebody could print. */
    final class SecretConverter implements Converter<Secret> {
        private static final long serialVersionUID = 1L;

        @Override
        public @Nullable Secret convert(String value) {
            return value.isEmpty() ? null : Secret.of(value);
        }
    }
}
