package lanyard.provisioner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;

/** The provisioner's own settings. */
@ConfigMapping(prefix = "lanyard")
public interface ProvisionerConfig {
    /** Name of the Keystone domain in which Lanyard keeps its users. It is made if it is not there. */
    @WithDefault("lanyard")
    String domain();

    /** The key ring, from which every password is derived. */
    KeyRingConfig keyRing();

    /**
     * How long to wait for the one event that names a cluster's owner, before its credential is reported as failed. The
     * credential is still made when the event comes later.
     */
    @WithDefault("5m")
    Duration ownerDeadline();

    /** Where the master keys are. */
    interface KeyRingConfig {
        /** A directory with one file per master key: its name is the key's id, its content the key in base64. */
        Path directory();

        /** Id of the key that new credentials are derived from. */
        String current();
    }
}
