package lanyard.common.reconcile;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
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

    // Made and locked in the order of their clusters, so that two replicas that hear of the same ones in different
    // order
    // wait for each other and never in a circle. The joins commute: no order that matters is lost by that.
    private static final String INSERT_ALL =
            "insert into cluster (cluster) select heard from unnest(cast(?1 as text[])) heard order by heard on conflict do nothing";
    private static final String LOCK_ALL =
            "select * from cluster where cluster = any(cast(?1 as text[])) order by cluster for update";

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

    /**
     * Takes all that was heard, of however many clusters, into their rows, in the caller's session and in as few statements as for
     * one; the rows are made where there are none.
     *
     * @param cluster which one something is about
     */
    public <T> Uni<Void> hearAll(
            Mutiny.Session session, List<T> heard, Function<T, String> cluster, BiConsumer<R, T> change) {
        var clusters = heard.stream().map(cluster).distinct().toArray(String[]::new);
        return session.createNativeQuery(INSERT_ALL)
                .setParameter(1, clusters)
                .executeUpdate()
                .chain(() -> session.createNativeQuery(LOCK_ALL, type)
                        .setParameter(1, clusters)
                        .getResultList())
                .invoke(rows -> {
                    var byCluster = rows.stream().collect(Collectors.toMap(row -> row.cluster, Function.identity()));
                    heard.forEach(one -> change.accept(
                            Objects.requireNonNull(byCluster.get(cluster.apply(one)), "a row that was just made"),
                            one));
                })
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
