package lanyard.common.reconcile;

import io.smallrye.mutiny.Uni;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import lanyard.common.database.Transactions;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * A service's rows of clusters: what is heard goes in through {@link #hear}, what is decided through {@link #commit}.
 *
 * @param <R> the row
 * @param <S> what the service decides on: a value read from a row, equal when the row says the same
 */
public final class LeasedRows<R extends LeasedCluster, S> {
    // A new row has the table's defaults, which are the neutral element of what can be heard.
    private static final String INSERT = "insert into cluster (cluster) values (?1) on conflict do nothing";

    private final Transactions transactions;
    private final Class<R> type;
    private final Function<R, S> state;

    public LeasedRows(Transactions transactions, Class<R> type, Function<R, S> state) {
        this.transactions = transactions;
        this.type = type;
        this.state = state;
    }

    /** Takes what was heard of a cluster into its row, in the caller's session; the row is made if there is none. */
    public Uni<Void> hear(Mutiny.Session session, String cluster, Consumer<R> change) {
        return session.createNativeQuery(INSERT)
                .setParameter(1, cluster)
                .executeUpdate()
                .chain(() -> lock(session, cluster))
                .invoke(change)
                .replaceWithVoid();
    }

    /** Takes what was heard of a cluster into its row, in the caller's session, if there is one: no row is made. */
    public Uni<Void> hearIfKnown(Mutiny.Session session, String cluster, Consumer<R> change) {
        return lock(session, cluster).onItem().ifNotNull().invoke(change).replaceWithVoid();
    }

    /** Reads the row under a lease; {@code null} when the lease was given back or lost. Blocks. */
    public @Nullable S read(Lease lease) {
        return transactions.call(session ->
                session.find(type, lease.cluster()).map(row -> row.isLeasedBy(lease) ? state.apply(row) : null));
    }

    /**
     * Commits a change to the row if it still says what the change was decided on. If an event came in between, nothing is
     * changed, and the decision has to be made again from what the row says now. Blocks.
     */
    public void commit(Lease lease, S decidedOn, BiFunction<Mutiny.Session, R, Uni<Void>> change) {
        transactions.call(session -> lock(session, lease.cluster())
                .chain(row -> row.isLeasedBy(lease) && state.apply(row).equals(decidedOn)
                        ? change.apply(session, row)
                        : Uni.createFrom().voidItem()));
    }

    /** As the other, for a change that needs no session. */
    public void commit(Lease lease, S decidedOn, Consumer<R> change) {
        commit(lease, decidedOn, (session, row) -> {
            change.accept(row);
            return Uni.createFrom().voidItem();
        });
    }

    private Uni<R> lock(Mutiny.Session session, String cluster) {
        return session.find(type, cluster, LockMode.PESSIMISTIC_WRITE);
    }
}
