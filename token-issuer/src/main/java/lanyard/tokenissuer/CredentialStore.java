package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Preparation.Recorded;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** The client credentials, each under its cluster's row. */
@ApplicationScoped
public class CredentialStore {
    private static final String OF_CLUSTER = "from CredentialRow where cluster = ?1 order by purpose";
    private static final String BY_ID =
            "select c, k from CredentialRow c join ClusterRow k on k.cluster = c.cluster where c.id = ?1";

    private final Transactions transactions;
    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final InstantSource clock;

    CredentialStore(Transactions transactions, LeasedRows<ClusterRow, Recorded> clusters, InstantSource clock) {
        this.transactions = transactions;
        this.clusters = clusters;
        this.clock = clock;
    }

    /** A credential, and whether it is revoked: then it is there for the record only. */
    public record Standing(Credential credential, boolean revoked) {}

    /** Joins what was heard of a cluster into its row and its credentials, in the caller's session. */
    Uni<Void> hear(Mutiny.Session session, String cluster, Entitlement heard) {
        // The row's lock is held until the caller's commit; the second reading finds the row in the session.
        return clusters.hear(session, cluster, row -> {})
                .chain(() -> session.find(ClusterRow.class, cluster))
                .chain(row -> rows(session, cluster).chain(credentials -> join(session, row, credentials, heard)));
    }

    private Uni<Void> join(Mutiny.Session session, ClusterRow row, List<CredentialRow> credentials, Entitlement heard) {
        var before = row.entitlement(credentials);
        var owed = before.join(heard);
        if (owed.equals(before)) {
            return Uni.createFrom().voidItem();
        }
        row.take(owed, clock.instant());
        if (owed.generation() == before.generation() && Objects.equals(owed.delegation(), before.delegation())) {
            return Uni.createFrom().voidItem();
        }
        return session.removeAll(credentials.toArray())
                .chain(() ->
                        session.persistAll(CredentialRow.of(row.cluster, owed).toArray()));
    }

    /** The credentials of a cluster, by purpose. Blocks. */
    List<Credential> credentials(String cluster) {
        return transactions.call(session -> session.find(ClusterRow.class, cluster)
                .chain(row -> rows(session, cluster).map(credentials -> credentials.stream()
                        .map(credential -> credential.with(row))
                        .filter(Objects::nonNull)
                        .toList())));
    }

    private static Uni<List<CredentialRow>> rows(Mutiny.Session session, String cluster) {
        return session.createQuery(OF_CLUSTER, CredentialRow.class)
                .setParameter(1, cluster)
                .getResultList();
    }

    /** The credential of that id; {@code null} if there is none. Blocks, and throws when the database does not answer. */
    public @Nullable Standing find(String id) {
        return transactions.call(session -> find(session, id));
    }

    /**
     * Commits {@code work} if the credential is still what it was, and not revoked. Blocks, and throws when the database does not
     * answer.
     *
     * @return whether it was committed
     */
    public boolean commitWhileServed(Credential credential, Function<Mutiny.Session, Uni<Void>> work) {
        return transactions.call(session -> find(session, credential.id())
                .chain(now -> now != null && !now.revoked() && now.credential().equals(credential)
                        ? work.apply(session).replaceWith(true)
                        : Uni.createFrom().item(false)));
    }

    private static Uni<@Nullable Standing> find(Mutiny.Session session, String id) {
        return session.createQuery(BY_ID, Object[].class)
                .setParameter(1, id)
                .getSingleResultOrNull()
                .map(CredentialStore::standing);
    }

    private static @Nullable Standing standing(Object @Nullable [] found) {
        if (found == null) {
            return null;
        }
        var row = (ClusterRow) found[1];
        var credential = ((CredentialRow) found[0]).with(row);
        return credential == null ? null : new Standing(credential, row.phase == Phase.ABSENT);
    }
}
