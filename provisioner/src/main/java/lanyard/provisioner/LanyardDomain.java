package lanyard.provisioner;

import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.Reply;
import lanyard.provisioner.Attempt.Made;
import org.jspecify.annotations.Nullable;

/** The Keystone domain in which Lanyard keeps its users. */
@ApplicationScoped
class LanyardDomain {
    private final KeystoneAdmin keystone;
    private final String name;
    private volatile @Nullable String knownId;

    LanyardDomain(KeystoneAdmin keystone, ProvisionerConfig config) {
        this.keystone = keystone;
        this.name = config.domain();
    }

    String name() {
        return name;
    }

    /** Id of the domain, which is made if it is not there. */
    Attempt<String> id() {
        var known = knownId;
        if (known != null) {
            return new Made<>(known);
        }
        var found = keystone.findDomain(name);
        var attempt = Attempt.of(
                "find or make domain " + name,
                found instanceof Reply.Missing<String>()
                        ? keystone.createDomain(name, "Lanyard's users: custodians and trustees")
                        : found);
        if (attempt instanceof Made<String>(var id)) {
            knownId = id;
        }
        return attempt;
    }
}
