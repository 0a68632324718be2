package lanyard.tokenissuer;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Entitlement.Backend;
import lanyard.tokenissuer.Entitlement.Grant;
import org.jspecify.annotations.Nullable;

/**
 * One cluster as the door sees it: its client credentials, and what stands behind them. Immutable.
 *
 * @param trusteeDomain id of the domain of the cluster's own user; {@code null} if it has none
 * @param credentials by id; also those that are over, for the record
 * @param delegated by purpose; empty if nothing is to be served
 */
public record Served(
        String cluster,
        boolean revoked,
        boolean disputed,
        @Nullable String project,
        @Nullable String trusteeDomain,
        Map<String, Credential> credentials,
        Map<String, Delegated> delegated) {
    public Served {
        credentials = Map.copyOf(credentials);
        delegated = Map.copyOf(delegated);
    }

    /** @param known the credentials that were recorded; those that {@code owed} adds to them are new */
    static Served of(String cluster, Entitlement owed, Collection<Credential> known) {
        Map<String, Credential> credentials = new HashMap<>();
        issued(cluster, owed).forEach(credential -> credentials.put(credential.id(), credential));
        known.forEach(credential -> credentials.put(credential.id(), credential));
        var backend = owed.backend().value();
        var trustee = backend == null ? null : backend.trustee();
        return new Served(
                cluster,
                owed.phase() == Phase.ABSENT,
                owed.disputed(),
                backend == null ? null : backend.project(),
                trustee == null ? null : trustee.domain(),
                credentials,
                backend == null ? Map.of() : delegated(cluster, owed.backend().generation(), backend));
    }

    /** The client credentials of the newest generation. */
    static List<Credential> issued(String cluster, Entitlement owed) {
        var key = owed.client().value();
        var backend = owed.backend().value();
        return key == null || backend == null
                ? List.of()
                : backend.grants().keySet().stream()
                        .sorted()
                        .map(purpose ->
                                Credential.of(cluster, purpose, owed.client().generation(), key))
                        .toList();
    }

    private static Map<String, Delegated> delegated(String cluster, int generation, Backend backend) {
        return backend.grants().entrySet().stream()
                .filter(grant -> isUsable(grant.getValue(), backend))
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        grant -> new Delegated(
                                cluster,
                                grant.getKey(),
                                generation,
                                backend.key(),
                                backend.project(),
                                grant.getValue().trustee(),
                                backend.trustee() == null
                                        ? null
                                        : backend.trustee().id(),
                                grant.getValue().trust())));
    }

    private static boolean isUsable(Grant grant, Backend backend) {
        return switch (grant.trustee()) {
            case PER_CLUSTER -> backend.trustee() != null;
            case ISSUER -> true;
            case UNKNOWN -> false;
        };
    }

    /** What is behind a credential, if it may be served at that time. */
    public @Nullable Delegated behind(Credential credential, Instant now) {
        return credential.isOver(now) ? null : behind(credential.purpose());
    }

    /** What is delegated for a purpose, if anything of the cluster may be served. */
    public @Nullable Delegated behind(String purpose) {
        return revoked || disputed ? null : delegated.get(purpose);
    }

    /** The newest credential of a purpose. */
    public @Nullable Credential newest(String purpose) {
        var ofPurpose = new ArrayList<>(credentials.values());
        ofPurpose.removeIf(credential -> !credential.purpose().equals(purpose));
        return ofPurpose.stream()
                .max((one, other) -> Integer.compare(one.generation(), other.generation()))
                .orElse(null);
    }
}
