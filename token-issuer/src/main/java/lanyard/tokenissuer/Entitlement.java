package lanyard.tokenissuer;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.Trusteeship;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/**
 * What the door owes a cluster, as far as it has been heard.
 *
 * <p>{@link #join} is the only way two of them meet. It is commutative, associative and idempotent (a test holds it to that), so
 * neither the order of events nor their repetition can matter: a revocation wins for ever, and a higher generation wins over a
 * lower one.
 *
 * @param client id of the master key that the secrets of the client credentials are derived from
 * @param backend what Keystone delegates
 */
record Entitlement(Phase phase, Claim<String> client, Claim<Backend> backend) {
    static final Entitlement NOTHING_HEARD = new Entitlement(Phase.PRESENT, Claim.none(), Claim.none());

    /** That nothing is owed any more. */
    static final Entitlement REVOKED = new Entitlement(Phase.ABSENT, Claim.none(), Claim.none());

    /**
     * What stands behind a cluster's client credentials in Keystone.
     *
     * @param key id of the master key that the trustee's password is derived from
     * @param trustee the cluster's own user; {@code null} if it has none
     * @param grants what is delegated, by purpose
     */
    record Backend(String project, String key, @Nullable Trustee trustee, Map<String, Grant> grants) {
        Backend {
            grants = Map.copyOf(grants);
        }
    }

    /**
     * The user that gets the tokens.
     *
     * @param domain id of the user's domain
     */
    record Trustee(String id, String domain) {}

    /** What is delegated for one purpose: the trust's id, to whom it is, and the names of its roles. */
    record Grant(String trust, Trusteeship trustee, Set<String> roles) {
        Grant {
            roles = Set.copyOf(roles);
        }
    }

    /** What the provisioner's event says. */
    static Entitlement heard(CredentialProvisioned told) {
        var grants = told.grants().stream()
                .collect(Collectors.toMap(
                        CredentialProvisioned.Grant::purpose,
                        grant -> new Grant(grant.trust(), grant.trustee(), Set.copyOf(grant.roles()))));
        var trustee = told.trustee() == null
                ? null
                : new Trustee(told.trustee().id(), told.trustee().domain());
        return new Entitlement(
                Phase.PRESENT,
                new Claim<>(told.client().generation(), told.client().key()),
                new Claim<>(
                        told.backend().generation(),
                        new Backend(told.project(), told.backend().key(), trustee, grants)));
    }

    /** What is owed when both have been heard. */
    Entitlement join(Entitlement other) {
        return new Entitlement(phase.join(other.phase), client.join(other.client), backend.join(other.backend));
    }

    boolean disputed() {
        return client.disputed() || backend.disputed();
    }
}
