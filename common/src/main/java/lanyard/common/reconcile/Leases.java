package lanyard.common.reconcile;

import io.quarkus.runtime.Startup;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import lanyard.common.database.Departures;
import lanyard.common.database.Presence;
import org.jboss.logging.Logger;

/** Hands out the service's due rows, each to one worker in one replica, by the database's clock. */
@ApplicationScoped
@Startup // So that a setting that can't work is said at the start.
class Leases {
    private static final Logger LOG = Logger.getLogger(Leases.class);

    // The claim is one short statement; the work on Keystone happens outside of any transaction. A lease's id begins
    // with its holder, if that is seen (an UUID of version 8): so whatever ends the lease ends that, too, in whatever
    // version of Lanyard.
    static final String CLAIM =
            """
            with due as (
              select cluster from cluster
              where due_at <= now() and (leased_until is null or leased_until < now())
              order by (phase = 'PRESENT' or failing_since is not null), due_at
              limit $1
              for update skip locked)
            update cluster c
            set lease = coalesce(
                overlay(overlay(gen_random_uuid()::text placing '8' from 15) placing $3 from 1)::uuid, gen_random_uuid()),
              leased_until = now() + make_interval(secs => $2), attempts = attempts + 1
            from due where c.cluster = due.cluster
            returning c.cluster, c.lease, c.attempts
            """;
    static final String MISSING =
            """
            select distinct holder(lease) from cluster
            where lease is not null and holder(lease) not in (select holder from present)
            """;
    private static final String TAKE =
            """
            update cluster c set lease = null, leased_until = null
            from (
              select cluster from cluster
              where lease is not null and holder(lease) = any($1) and holder(lease) not in (select holder from present)
              for update skip locked) left_behind
            where c.cluster = left_behind.cluster
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
    private final Presence presence;
    private final Departures departures;
    private final Duration length;

    Leases(Pool database, InstantSource clock, Presence presence, ReconcileConfig config) {
        this.database = database;
        this.clock = clock;
        this.presence = presence;
        this.departures = new Departures(presence, clock);
        this.length = config.lease();
        if (length.compareTo(Lease.MARGIN.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException("lanyard.reconcile.lease is %s: it must be at least %s"
                    .formatted(length, Lease.MARGIN.multipliedBy(2)));
        }
    }

    /**
     * Claims up to {@code most} rows that are due: before all others those of clusters on their way out, so that nothing outlives its
     * cluster because many are being made; of the rest, the longest due first. One that has failed has no precedence any more: those
     * that can't be removed must not keep all others from being made. What was left by a process that is gone counts as given back.
     * Blocks.
     */
    List<Lease> claim(int most) {
        takeFromTheDead();
        var standing = presence.standing();
        // Counted from before the claim, on our own clock: we stop before the database gives the row to another.
        var until = clock.instant().plus(length);
        var rows = run(CLAIM, Tuple.of(most, length.toMillis() / 1000.0, standing == null ? null : standing.holder()));
        BooleanSupplier held = standing == null ? () -> true : presence::isSeen;
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> new Lease(row.getString(0), row.getUUID(1), row.getInteger(2), until, held))
                .toList();
    }

    private void takeFromTheDead() {
        if (!departures.mayLook()) {
            return;
        }
        var missing = StreamSupport.stream(run(MISSING, Tuple.tuple()).spliterator(), false)
                .map(row -> row.getString(0))
                .toList();
        var gone = departures.look(missing);
        if (!gone.isEmpty()) {
            var taken = run(TAKE, Tuple.of(gone.toArray(String[]::new))).rowCount();
            LOG.infof("%d clusters were left by a process that is gone, and are taken over", taken);
        }
    }

    /** Gives a lease back, if it is still ours. Blocks. */
    void giveBack(Lease lease, Duration retryIn) {
        run(GIVE_BACK, Tuple.of(lease.cluster(), lease.id(), retryIn.toMillis() / 1000.0));
    }

    /** Gives a lease back after a failed attempt, if it is still ours, with the reason. Blocks. */
    void fail(Lease lease, Duration retryIn, String why) {
        run(FAIL, Tuple.of(lease.cluster(), lease.id(), retryIn.toMillis() / 1000.0, why));
    }

    private RowSet<Row> run(String sql, Tuple parameters) {
        return database.preparedQuery(sql).execute(parameters).await().atMost(length);
    }
}
