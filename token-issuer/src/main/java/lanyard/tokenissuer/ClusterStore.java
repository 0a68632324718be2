package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.LeasedRows;
import lanyard.tokenissuer.Entitlement.Backend;
import lanyard.tokenissuer.Entitlement.Grant;
import lanyard.tokenissuer.Preparation.Recorded;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** The clusters' rows, with the grants and the client credentials under them. */
@ApplicationScoped
class ClusterStore {
    private static final String GRANTS = "from GrantRow where cluster = ?1";
    private static final String CREDENTIALS = "from CredentialRow where cluster = ?1";
    private static final String BY_CREDENTIAL = "select cluster from CredentialRow where id = ?1";
    private static final String BY_TRUST = "select cluster from GrantRow where trust = ?1";
    private static final String END_OLDER =
            "update CredentialRow set validUntil = ?1 where cluster = ?2 and generation < ?3 and validUntil is null";
    private static final String FORGET_OVER = "delete from CredentialRow where cluster = ?1 and validUntil <= ?2";

    private final Transactions transactions;
    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final InstantSource clock;

    ClusterStore(Transactions transactions, LeasedRows<ClusterRow, Recorded> clusters, InstantSource clock) {
        this.transactions = transactions;
        this.clusters = clusters;
        this.clock = clock;
    }

    /** What the rows say of a cluster. */
    record Recording(Entitlement entitlement, List<Credential> credentials) {}

    /** Joins what was heard of a cluster into its rows, in the caller's session. */
    Uni<Void> hear(Mutiny.Session session, String cluster, Entitlement heard) {
        // The row's lock is held until the caller's commit; the second reading finds the row in the session.
        return clusters.hear(session, cluster, row -> {})
                .chain(() -> session.find(ClusterRow.class, cluster))
                .chain(row -> grants(session, cluster).chain(grants -> join(session, row, grants, heard)));
    }

    private Uni<Void> join(Mutiny.Session session, ClusterRow row, List<GrantRow> grants, Entitlement heard) {
        var before = row.entitlement(grants);
        var owed = before.join(heard);
        if (owed.equals(before)) {
            return Uni.createFrom().voidItem();
        }
        row.take(owed, clock.instant());
        return replace(session, row.cluster, grants, grantsOf(owed.backend().value()))
                .chain(() -> credentials(session, row.cluster))
                .chain(known -> {
                    var ids = known.stream().map(one -> one.id).collect(Collectors.toSet());
                    return session.persistAll(Served.issued(row.cluster, owed).stream()
                            .filter(credential -> !ids.contains(credential.id()))
                            .map(CredentialRow::of)
                            .toArray());
                });
    }

    private static Map<String, Grant> grantsOf(@Nullable Backend backend) {
        return backend == null ? Map.of() : backend.grants();
    }

    private static Uni<Void> replace(
            Mutiny.Session session, String cluster, List<GrantRow> old, Map<String, Grant> grants) {
        // Deleted before the new ones are inserted, which may have the same keys.
        return session.removeAll(old.toArray())
                .chain(session::flush)
                .chain(() -> session.persistAll(grants.entrySet().stream()
                        .map(grant -> GrantRow.of(cluster, grant.getKey(), grant.getValue()))
                        .toArray()));
    }

    /** What the rows say of a cluster; {@code null} if there are none. Blocks, and throws when the database does not answer. */
    @Nullable
    Recording read(String cluster) {
        return transactions.call(session -> session.find(ClusterRow.class, cluster)
                .chain(row -> row == null
                        ? Uni.createFrom().<Recording>nullItem()
                        : grants(session, cluster).chain(grants -> credentials(session, cluster)
                                .map(credentials -> new Recording(
                                        row.entitlement(grants),
                                        credentials.stream()
                                                .map(CredentialRow::credential)
                                                .toList())))));
    }

    /** The cluster of a client credential; {@code null} if there is no such credential. Blocks. */
    @Nullable
    String clusterOfCredential(String id) {
        return one(BY_CREDENTIAL, id);
    }

    /** The cluster that a trust of the present backend is for; {@code null} if there is none. Blocks. */
    @Nullable
    String clusterOfTrust(String trust) {
        return one(BY_TRUST, trust);
    }

    private @Nullable String one(String query, String id) {
        return transactions.call(session -> session.createQuery(query, String.class)
                .setParameter(1, id)
                .getResultList()
                .map(found -> found.size() == 1 ? found.getFirst() : null));
    }

    /** Takes back that this backend was proven: Keystone refused a token for it. Blocks. */
    void doubt(String cluster, int backend) {
        transactions.call(session -> session.find(ClusterRow.class, cluster, LockMode.PESSIMISTIC_WRITE)
                .invoke(row -> {
                    if (row != null && row.backend == backend && row.proven == backend) {
                        row.proven = 0;
                        row.due(clock.instant());
                    }
                }));
    }

    /** Sets the end of the client credentials older than {@code generation} that have none yet, in the caller's session. */
    Uni<Void> endOlder(Mutiny.Session session, String cluster, int generation, Instant validUntil) {
        return session.createMutationQuery(END_OLDER)
                .setParameter(1, validUntil)
                .setParameter(2, cluster)
                .setParameter(3, generation)
                .executeUpdate()
                .replaceWithVoid();
    }

    /** Removes the client credentials that are over, in the caller's session. */
    Uni<Void> forgetOver(Mutiny.Session session, String cluster) {
        return session.createMutationQuery(FORGET_OVER)
                .setParameter(1, cluster)
                .setParameter(2, clock.instant())
                .executeUpdate()
                .replaceWithVoid();
    }

    private static Uni<List<GrantRow>> grants(Mutiny.Session session, String cluster) {
        return session.createQuery(GRANTS, GrantRow.class)
                .setParameter(1, cluster)
                .getResultList();
    }

    private static Uni<List<CredentialRow>> credentials(Mutiny.Session session, String cluster) {
        return session.createQuery(CREDENTIALS, CredentialRow.class)
                .setParameter(1, cluster)
                .getResultList();
    }
}
