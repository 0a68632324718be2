package lanyard.provisioner;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import lanyard.common.secrets.KeyRing;
import org.jboss.logging.Logger;

/** What the container can't make by itself. */
class Beans {
    private static final Logger LOG = Logger.getLogger(Beans.class);

    @Produces
    @Singleton
    KeyRing keys(ProvisionerConfig config) {
        return KeyRing.read(config.keyRing().directory(), config.keyRing().current());
    }

    /** Makes it before the first message is read, so that a wrong setting is told then, and not held against that message. */
    void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event, KeyRing keys) {
        LOG.infof("credentials are derived from %s", keys);
    }
}
