package lanyard.provisioner;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import lanyard.common.secrets.KeyRing;

/** What the container can't make by itself. */
class Beans {
    @Produces
    @Singleton
    KeyRing keys(ProvisionerConfig config) {
        return KeyRing.read(config.keyRing().directory(), config.keyRing().current());
    }
}
