package lanyard.revoker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The revoker's own settings. */
@ConfigMapping(prefix = "lanyard")
public interface RevokerConfig {
    /** Name of the Keystone domain in which Lanyard keeps its users. */
    @WithDefault("lanyard")
    String domain();

    /**
     * How long a cluster whose deletion has begun keeps its credential when no success is ever told. It needs the credential to
     * clean up after itself; every further sign of the deletion starts the time anew.
     */
    @WithDefault("24h")
    Duration deleteDeadline();
}
