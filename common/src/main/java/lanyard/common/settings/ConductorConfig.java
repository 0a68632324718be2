package lanyard.common.settings;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Where the conductor's own API is. Without it all that is known of clusters is what was told on the bus. */
@ConfigMapping(prefix = "lanyard.conductor")
public interface ConductorConfig {
    /**
     * Magnum's API, http or https, ending in {@code /v1}. It must know every cluster of which there are notifications: what it does
     * not know counts as gone.
     */
    Optional<URI> url();

    /** How long one call may take, from sending it to the last byte of its answer. */
    @WithDefault("10s")
    Duration timeout();
}
