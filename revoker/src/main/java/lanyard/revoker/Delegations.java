package lanyard.revoker;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.revoker.Revocation.Progress;
import org.jspecify.annotations.Nullable;

/**
 * What Keystone holds of a cluster, found by what can be derived: the trustee carries the cluster's UUID as its name, and every
 * trust is a trust to the trustee.
 */
@ApplicationScoped
class Delegations {
    private final KeystoneAdmin keystone;
    private final String domainName;
    private volatile @Nullable String domainId;

    Delegations(KeystoneAdmin keystone, RevokerConfig config) {
        this.keystone = keystone;
        this.domainName = config.domain();
    }

    /** Looks for the cluster's trustee and its trusts, also those of a trustee that was removed. */
    Reply<Progress> look(String cluster, Progress progress) {
        var trustee = domain().then(domain -> switch (keystone.findUser(domain, cluster)) {
            case Reply.Missing<User>() -> new Reply.Done<>(Optional.<String>empty());
            case Reply<User> reply -> reply.map(user -> Optional.of(user.id()));
        });
        return trustee.then(there -> there.or(() -> Optional.ofNullable(progress.trustee()))
                .map(known -> trustsTo(known).map(trusts -> progress.found(there.orElse(null), trusts)))
                .orElseGet(() -> new Reply.Done<>(progress.found(null, List.of()))));
    }

    private Reply<List<String>> trustsTo(String trustee) {
        return switch (keystone.trustsTo(trustee)) {
            // Keystone may say so of a user that is gone.
            case Reply.Missing<List<Trust>>() -> new Reply.Done<>(List.of());
            case Reply<List<Trust>> reply ->
                reply.map(trusts -> trusts.stream().map(Trust::id).toList());
        };
    }

    /** Removes these trusts; one that is gone already is success. */
    Reply<Void> removeTrusts(List<String> trusts) {
        Reply<Void> reply = Reply.done();
        for (var trust : trusts) {
            reply = reply.then(done -> goneIfMissing(keystone.deleteTrust(trust)));
        }
        return reply;
    }

    /** Removes the trustee; one that is gone already is success. */
    Reply<Void> removeTrustee(String trustee) {
        return goneIfMissing(keystone.deleteUser(trustee));
    }

    private static Reply<Void> goneIfMissing(Reply<Void> reply) {
        return reply instanceof Reply.Missing<Void>() ? Reply.done() : reply;
    }

    /** Id of Lanyard's domain, remembered once it was found. */
    private Reply<String> domain() {
        var known = domainId;
        if (known != null) {
            return new Reply.Done<>(known);
        }
        var found = keystone.findDomain(domainName);
        if (found instanceof Reply.Done<String>(var id)) {
            domainId = id;
        }
        // That nothing is found in a domain that is not there proves nothing: its name may be a mistake.
        return found instanceof Reply.Missing<String>()
                ? new Reply.Unavailable<>(
                        ("Keystone has no domain '%s' (yet): the provisioner makes it with the first credential; if there are"
                                        + " credentials, LANYARD_DOMAIN is not what the provisioner has")
                                .formatted(domainName))
                : found;
    }
}
