package lanyard.common.reconcile;

import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.StreamSupport;

/** Hands out the service's due rows, each to one worker in one replica, by the database's clock. */
@ApplicationScoped
class Leases {
    // The claim is one short statement; the work on Keystone happens outside of any transaction.
    static final String CLAIM =
            """
            with due as (
              select cluster from cluster
              where due_at <= now() and (leased_until is null or leased_until < now())
              order by (phase = 'PRESENT' or failing_since is not null), due_at
              limit $1
              for update skip locked)
            update cluster c
            set lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $2), attempts = attempts + 1
            from due where c.cluster = due.cluster
            returning c.cluster, c.lease, c.attempts
            """;
    private static final String GIVE_BACK =
            """
            update cluster set lease = null, leased_until = null, due_at = now() + make_interval(secs => $3)
            where cluster = $1 and lease = $2
            """;
    private static final String FAIL =
            """
            update cluster set lease = null, leased_until = null, due_at = now() + make_interval(secs => $3),
              failing_since = coalesce(failing_since, now()), failed_at = now(), why = $4
            where cluster = $1 and lease = $2
            """;

    private final Pool database;
    private final InstantSource clock;
    private final Duration length;

    Leases(Pool database, InstantSource clock, ReconcileConfig config) {
        this.database = database;
        this.clock = clock;
        this.length = config.lease();
        if (length.compareTo(Lease.MARGIN.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException("lanyard.reconcile.lease is %s: it must be at least %s"
                    .formatted(length, Lease.MARGIN.multipliedBy(2)));
        }
    }

    /**
     * Claims up to {@code most} rows that are due: before all others those of clusters on their way out, so that nothing outlives its
     * cluster because many are being made; of the rest, the longest due first. One that has failed has no precedence any more: those
     * that can't be removed must not keep all others from being made. Blocks.
     */
    List<Lease> claim(int most) {
        // Counted from before the claim, on our own clock: we stop before the database gives the row to another.
        var until = clock.instant().plus(length);
        var rows = database.preparedQuery(CLAIM)
                .execute(Tuple.of(most, length.toMillis() / 1000.0))
                .await()
                .atMost(length);
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> new Lease(row.getString(0), row.getUUID(1), row.getInteger(2), until))
                .toList();
    }

    /** Gives a lease back, if it is still ours. Blocks. */
    void giveBack(Lease lease, Duration retryIn) {
        database.preparedQuery(GIVE_BACK)
                .execute(Tuple.of(lease.cluster(), lease.id(), retryIn.toMillis() / 1000.0))
                .await()
                .atMost(length);
    }

    /** Gives a lease back after a failed attempt, if it is still ours, with the reason. Blocks. */
    void fail(Lease lease, Duration retryIn, String why) {
        database.preparedQuery(FAIL)
                .execute(Tuple.of(lease.cluster(), lease.id(), retryIn.toMillis() / 1000.0, why))
                .await()
                .atMost(length);
    }
}
