package lanyard.common.tracing;

import io.smallrye.config.ConfigMapping;
import java.net.URI;
import java.util.Optional;

/** Where traces go. */
@ConfigMapping(prefix = "lanyard.tracing")
interface TracingConfig {
    /** The collector's base URL, OTLP over HTTP, such as {@code http://collector:4318}; without it nothing is traced. */
    Optional<URI> url();
}
