package lanyard.tokenissuer;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/**
 * What the door owes a cluster, as far as it has been heard.
 *
 * <p>{@link #join} is the only way two of them meet. It is commutative, associative and idempotent (a test holds it to that), so
 * neither the order of events nor their repetition can matter: a revocation wins for ever, and a higher generation wins over a
 * lower one.
 *
 * @param generation the highest that was heard; 0 while none was
 * @param delegation what Keystone delegates to that generation; {@code null} while none was heard, and when it is disputed
 * @param disputed whether two events told different things of that generation. One of them must be wrong, or forged, and nobody
 *     can tell which, so nothing is served until a higher generation settles it
 */
record Entitlement(Phase phase, int generation, @Nullable Delegation delegation, boolean disputed) {
    static final Entitlement NOTHING_HEARD = new Entitlement(Phase.PRESENT, 0, null, false);

    /** That nothing is owed any more. */
    static final Entitlement REVOKED = new Entitlement(Phase.ABSENT, 0, null, false);

    /**
     * How Keystone delegates to a cluster.
     *
     * @param key id of the master key that the trustee's password is derived from
     * @param trustee id of the user that gets the tokens
     * @param trusteeDomain id of that user's domain
     * @param grants what is delegated, by purpose
     */
    record Delegation(String project, String key, String trustee, String trusteeDomain, Map<String, Grant> grants) {
        Delegation {
            grants = Map.copyOf(grants);
        }
    }

    /** What is delegated for one purpose: the trust's id, and the names of its roles. */
    record Grant(String trust, Set<String> roles) {
        Grant {
            roles = Set.copyOf(roles);
        }
    }

    /** What the provisioner's event says. */
    static Entitlement heard(CredentialProvisioned told) {
        var grants = told.grants().stream()
                .collect(Collectors.toMap(
                        CredentialProvisioned.Grant::purpose,
                        grant -> new Grant(grant.trust(), Set.copyOf(grant.roles()))));
        return new Entitlement(
                Phase.PRESENT,
                told.generation(),
                new Delegation(
                        told.project(),
                        told.key(),
                        told.trustee().id(),
                        told.trustee().domain(),
                        grants),
                false);
    }

    /** What is owed when both have been heard. */
    Entitlement join(Entitlement other) {
        var joined = phase.join(other.phase);
        if (generation != other.generation) {
            var higher = generation > other.generation ? this : other;
            return new Entitlement(joined, higher.generation, higher.delegation, higher.disputed);
        }
        return disputed || other.disputed || differ(delegation, other.delegation)
                ? new Entitlement(joined, generation, null, true)
                : new Entitlement(joined, generation, delegation == null ? other.delegation : delegation, false);
    }

    private static boolean differ(@Nullable Delegation one, @Nullable Delegation other) {
        return one != null && other != null && !one.equals(other);
    }
}
