package lanyard.revoker;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lanyard.common.delegation.TrustsToIssuer;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.revoker.Revocation.Progress;
import org.jspecify.annotations.Nullable;

/**
 * What Keystone holds of a cluster, found by what can be derived: the cluster's own trustee carries its UUID as a name, and every trust
 * to that one is the cluster's; of the trusts from the project's custodian to the token issuer, those that are called by the cluster.
 */
@ApplicationScoped
class Delegations {
    private final KeystoneAdmin keystone;
    private final Neighbours neighbours;
    private final String domainName;

    Delegations(KeystoneAdmin keystone, Neighbours neighbours, RevokerConfig config) {
        this.keystone = keystone;
        this.neighbours = neighbours;
        this.domainName = config.domain();
    }

    /** Looks for the cluster's trustee and its trusts, also those of a trustee that was removed, and for its trusts to the issuer. */
    Reply<Progress> look(String cluster, @Nullable String project, Progress progress) {
        return domain().then(domain -> trustee(domain, cluster).then(there -> there.or(
                        () -> Optional.ofNullable(progress.trustee()))
                .map(this::trustsTo)
                .orElseGet(() -> new Reply.Done<>(List.of()))
                .then(own -> trustsToIssuer(domain, project, cluster)
                        .map(shared -> progress.found(
                                project,
                                there.orElse(null),
                                Stream.concat(own.stream(), shared.stream()).toList())))));
    }

    private Reply<Optional<String>> trustee(String domain, String cluster) {
        return switch (keystone.findUser(domain, cluster)) {
            case Reply.Missing<User>() -> new Reply.Done<>(Optional.empty());
            case Reply<User> reply -> reply.map(user -> Optional.of(user.id()));
        };
    }

    private Reply<List<String>> trustsToIssuer(String domain, @Nullable String project, String cluster) {
        if (project == null) {
            return new Reply.Done<>(List.of());
        }
        return TrustsToIssuer.of(keystone, domain, project, cluster).map(trusts -> {
            var others = trusts.isEmpty() ? Set.<String>of() : neighbours.trusts(project, cluster);
            return trusts.stream()
                    .map(Trust::id)
                    .filter(trust -> !others.contains(trust))
                    .toList();
        });
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

    /** Removes the user; one that is gone already is success. */
    Reply<Void> removeUser(String user) {
        return goneIfMissing(keystone.deleteUser(user));
    }

    private static Reply<Void> goneIfMissing(Reply<Void> reply) {
        return reply instanceof Reply.Missing<Void>() ? Reply.done() : reply;
    }

    /** Id of Lanyard's domain. It is not remembered: a domain that was deleted, and made anew under another id, would look empty. */
    Reply<String> domain() {
        var found = keystone.findDomain(domainName);
        // That nothing is found in a domain that is not there proves nothing: its name may be a mistake.
        return found instanceof Reply.Missing<String>()
                ? new Reply.Unavailable<>(
                        ("Keystone has no domain '%s' (yet): the provisioner makes it with the first credential; if there are"
                                        + " credentials, LANYARD_DOMAIN is not what the provisioner has")
                                .formatted(domainName))
                : found;
    }
}
