package lanyard.revoker;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.StreamSupport;
import lanyard.common.database.Transactions;
import lanyard.common.events.ClusterListed;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Phase;
import lanyard.revoker.Comparison.Known;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** The rows of the comparison with the conductor's list: whose turn it is, and what the rows of clusters have to do with it. */
@ApplicationScoped
class ComparisonStore {
    /** A replica that died leaves its turn to the others after this time; reading a long list takes a while. */
    private static final Duration TURN = Duration.ofMinutes(15);

    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private static final String CLAIM =
            """
            update comparison set lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $1)
            where (leased_until is null or leased_until < now())
              and (ended_at is null or ended_at <= now() - make_interval(secs => $2))
            returning lease
            """;

    /** Tombstones are read for what is listed only: there are ever more of them. */
    private static final String KNOWN =
            """
            select cluster, phase, cardinality(trusts) > 0, unlisted_since, unlisted_times
            from cluster where phase <> 'ABSENT' or cluster = any($1)
            """;

    private static final String END =
            """
            update comparison
            set lease = null, leased_until = null, ended_at = now(), outcome = ?2, listed = ?3, unserved = ?4, unlisted = ?5
            where lease = ?1
            """;

    private static final String MISSED = "update ClusterRow set unlistedSince = coalesce(unlistedSince, ?2),"
            + " unlistedTimes = unlistedTimes + 1 where cluster in ?1";
    private static final String LISTED =
            "update ClusterRow set unlistedSince = null, unlistedTimes = 0 where cluster in ?1";

    /** Whatever was known of it, whether it is gone is asked once more before anything is taken from it. */
    private static final String GONE = "update ClusterRow set phase = ?2, confirmed = false, livingSince = null,"
            + " dueAt = ?3, unsettledSince = coalesce(unsettledSince, ?3), lease = null, leasedUntil = null, attempts = 0"
            + " where cluster in ?1 and phase <> ?2";

    private final Pool database;
    private final Transactions transactions;
    private final Outbox outbox;

    ComparisonStore(Pool database, Transactions transactions, Outbox outbox) {
        this.database = database;
        this.transactions = transactions;
        this.outbox = outbox;
    }

    /** How a comparison ended. */
    enum Outcome {
        DONE,
        /** More clusters are missing from the list than can be right. */
        TOO_MANY,
        /** There was no whole list. */
        FAILED
    }

    /**
     * What a comparison has come to.
     *
     * @param listed how many clusters the conductor has
     * @param unserved how many of them lack a credential
     * @param unlisted how many that live, as far as was heard, it does not list
     * @param told those that are to be told
     * @param missed ids of those that it does not know
     * @param there ids of those that it was found to know again
     * @param gone ids of those that count as gone
     */
    record Result(
            Outcome outcome,
            int listed,
            int unserved,
            int unlisted,
            List<Cluster> told,
            List<String> missed,
            List<String> there,
            List<String> gone) {
        static final Result FAILED = new Result(Outcome.FAILED, 0, 0, 0, List.of(), List.of(), List.of(), List.of());
    }

    /** Claims the turn if a comparison is due and nobody else has it; otherwise {@code null}. Blocks. */
    @Nullable
    UUID claim(Duration interval) {
        var rows = database.preparedQuery(CLAIM)
                .execute(Tuple.of((double) TURN.toSeconds(), interval.toMillis() / 1000.0))
                .await()
                .atMost(TIMEOUT)
                .iterator();
        return rows.hasNext() ? rows.next().getUUID(0) : null;
    }

    /** The clusters that live as far as was heard, and those of the listed ones that don't. Blocks. */
    List<Known> known(List<Cluster> listed) {
        var ids = listed.stream().map(Cluster::id).toArray(String[]::new);
        var rows = database.preparedQuery(KNOWN)
                .execute(Tuple.tuple().addArrayOfString(ids))
                .await()
                .atMost(TIMEOUT);
        return StreamSupport.stream(rows.spliterator(), false)
                .map(ComparisonStore::known)
                .toList();
    }

    private static Known known(Row row) {
        var since = row.get(OffsetDateTime.class, 3);
        return new Known(
                row.getString(0),
                Phase.valueOf(row.getString(1)),
                row.getBoolean(2),
                since == null ? null : since.toInstant(),
                row.getInteger(4));
    }

    /** Commits what a comparison has come to, and gives the turn back; nothing if the turn was lost. Blocks. */
    void finish(UUID turn, Result result, Instant now) {
        transactions.call(session -> session.createNativeQuery(END)
                .setParameter(1, turn)
                .setParameter(2, result.outcome().name().toLowerCase(Locale.ROOT))
                .setParameter(3, result.listed())
                .setParameter(4, result.unserved())
                .setParameter(5, result.unlisted())
                .executeUpdate()
                .chain(own -> own == 0 ? Uni.createFrom().voidItem() : note(session, result, now)));
    }

    private Uni<Void> note(Mutiny.Session session, Result result, Instant now) {
        return session.createMutationQuery(MISSED)
                .setParameter(1, result.missed())
                .setParameter(2, now)
                .executeUpdate()
                .chain(() -> session.createMutationQuery(LISTED)
                        .setParameter(1, result.there())
                        .executeUpdate())
                .chain(() -> session.createMutationQuery(GONE)
                        .setParameter(1, result.gone())
                        .setParameter(2, Phase.ABSENT)
                        .setParameter(3, now)
                        .executeUpdate())
                .chain(() -> Multi.createFrom()
                        .iterable(result.told())
                        .onItem()
                        .transformToUniAndConcatenate(cluster -> outbox.append(session, told(cluster)))
                        .collect()
                        .last()
                        .replaceWithVoid());
    }

    private static ClusterListed told(Cluster cluster) {
        if (cluster.project() == null || cluster.owner() == null) {
            throw new IllegalArgumentException("a cluster of nobody's");
        }
        return new ClusterListed(cluster.id(), cluster.project(), cluster.owner());
    }
}
