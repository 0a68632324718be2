package lanyard.provisioner;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Function;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.Reply;
import lanyard.provisioner.Attempt.Made;
import lanyard.provisioner.Attempt.Refused;
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

    /**
     * What is done in the domain, by its id. The domain is made if it is not there. What does not work may be due to a domain that was
     * deleted, and made anew under another id: the next one looks again.
     */
    <T> Attempt<T> within(Function<String, Attempt<T>> work) {
        var attempt = id().then(work);
        if (!(attempt instanceof Made<T>)) {
            knownId = null;
        }
        return attempt;
    }

    private Attempt<String> id() {
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

    /**
     * What is removed from the domain, by its id. That is always asked for, because what is not in a domain that is no more may be in
     * one that took its place. Where there is no domain, all is removed.
     */
    Attempt<Boolean> remove(Function<String, Attempt<Boolean>> removal) {
        var found = keystone.findDomain(name);
        return found instanceof Reply.Missing<String>()
                ? new Made<>(true)
                : Attempt.of("find domain " + name, found).then(removal);
    }

    /** That nobody has disabled the domain, in which then nobody can log in. */
    Attempt<Boolean> enabled() {
        return within(id -> Attempt.of("look at domain " + name, keystone.isEnabled(id)))
                .then(enabled -> enabled
                        ? new Made<>(true)
                        : new Refused<>(
                                FailureReason.KEYSTONE_REFUSED,
                                "Keystone's domain %s is disabled, so that no user of Lanyard's can log in: enable it"
                                        .formatted(name)));
    }
}
