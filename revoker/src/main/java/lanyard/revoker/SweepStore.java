package lanyard.revoker;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.database.Transactions;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepFinished.Kind;
import lanyard.common.events.SweepRequested;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Phase;
import lanyard.revoker.Sweep.Cluster;
import lanyard.revoker.Sweep.Findings;
import lanyard.revoker.Sweep.Orphan;
import lanyard.revoker.Sweep.Suspect;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** The rows of the sweep: whose turn it is, what was asked for, and what is suspected. */
@ApplicationScoped
class SweepStore {
    /** The most that may be asked for and not answered yet: who asks for more is not heard. */
    private static final int MOST_REQUESTS = 16;

    /** The least time between two sweeps: who asks all the time does not keep Keystone busy with it. */
    private static final Duration PACE = Duration.ofSeconds(5);

    private static final String REQUEST =
            """
            insert into sweep_request (request, dry)
            select cast(?1 as text), cast(?2 as boolean) where (select count(*) from sweep_request) < %d
            on conflict do nothing
            """
                    .formatted(MOST_REQUESTS);
    // What is due on schedule comes first: who asks all the time does not keep it from its turn.
    private static final String CLAIM =
            """
            with schedule as (
              select $3::float8 > 0 and coalesce(swept_at <= now() - make_interval(secs => $3), true) as due from sweep),
            next as (
              select request, dry from sweep_request where not (select due from schedule)
              order by heard_at, request limit 1)
            update sweep
            set lease = gen_random_uuid(), leased_until = now() + make_interval(secs => $1)
            where (leased_until is null or leased_until < now())
              and (ended_at is null or ended_at <= now() - make_interval(secs => $2))
              and ((select due from schedule) or exists (select from next))
            returning lease, (select request from next), (select dry from next)
            """;

    /**
     * A trustee's revocation is begun only if its cluster has no row or a tombstone, whatever was decided on: what was heard since
     * holds.
     */
    private static final String REVOKE =
            """
            insert into cluster as c (cluster, phase, due_at, unsettled_since) values (?1, 'ABSENT', now(), now())
            on conflict (cluster) do update
            set revoked = false, due_at = now(), unsettled_since = now(), lease = null, leased_until = null
            where c.phase = 'ABSENT' and c.revoked
            """;

    private static final String NOT_PROVED_GONE = "from ClusterRow where phase <> ?1 or revoked = false";
    private static final String IN_PROJECT =
            "select count(*) from ClusterRow where (provisionedProject = ?1 or toldProject = ?1)"
                    + " and (phase <> ?2 or revoked = false)";

    private final Pool database;
    private final Transactions transactions;
    private final Outbox outbox;
    private final InstantSource clock;

    SweepStore(Pool database, Transactions transactions, Outbox outbox, InstantSource clock) {
        this.database = database;
        this.transactions = transactions;
        this.outbox = outbox;
        this.clock = clock;
    }

    /**
     * The sole right to sweep, for a time.
     *
     * @param until when it runs out, by our own clock
     * @param request which request it is for; {@code null} on schedule
     * @param dry whether only to look
     */
    record Turn(UUID lease, Instant until, @Nullable String request, boolean dry) {}

    /** Takes down that a sweep is wanted, in the caller's session. Twice is once. */
    Uni<Void> hear(Mutiny.Session session, SweepRequested event) {
        return session.createNativeQuery(REQUEST)
                .setParameter(1, event.request())
                .setParameter(2, event.dry())
                .executeUpdate()
                .replaceWithVoid();
    }

    /** Claims the turn if a sweep is due and nobody else has it; otherwise {@code null}. Blocks. */
    @Nullable
    Turn claim(Duration length, Duration interval) {
        // Counted from before the claim: we stop before the database gives the turn to another.
        var until = clock.instant().plus(length);
        var rows = database.preparedQuery(CLAIM)
                .execute(Tuple.of(seconds(length), seconds(PACE), seconds(interval)))
                .await()
                .atMost(length);
        var claimed = rows.iterator();
        return claimed.hasNext() ? turn(claimed.next(), until) : null;
    }

    private static Turn turn(Row row, Instant until) {
        return new Turn(row.getUUID(0), until, row.getString(1), Boolean.TRUE.equals(row.getBoolean(2)));
    }

    /**
     * Decides on what the rows say and commits what was decided: what is suspected, that what is doomed is to go, and that the
     * clusters of doomed trustees are to be revoked. A dry turn commits nothing. {@code null} if the turn was lost. Blocks.
     */
    @Nullable
    Findings decide(Turn turn, Decision decision) {
        return transactions.call(
                session -> own(session, turn).onItem().ifNotNull().transformToUni(row -> clusters(session)
                        .chain(clusters -> session.createQuery("from SuspectRow", SuspectRow.class)
                                .getResultList()
                                .chain(rows -> {
                                    var findings = decision.on(
                                            clusters,
                                            rows.stream()
                                                    .map(SuspectRow::suspect)
                                                    .toList());
                                    return (turn.dry() ? Uni.createFrom().voidItem() : watch(session, rows, findings))
                                            .replaceWith(findings);
                                }))));
    }

    /** What is decided on what the rows say. */
    interface Decision {
        Findings on(List<Cluster> clusters, List<Suspect> seen);
    }

    private static Uni<List<Cluster>> clusters(Mutiny.Session session) {
        return session.createQuery(NOT_PROVED_GONE, ClusterRow.class)
                .setParameter(1, Phase.ABSENT)
                .setReadOnly(true)
                .getResultList()
                .map(rows -> rows.stream().map(ClusterRow::known).toList());
    }

    private static Uni<Void> watch(Mutiny.Session session, List<SuspectRow> rows, Findings findings) {
        var doomed = ids(findings.doomed());
        var suspects = new HashMap<String, Suspect>();
        Stream.of(findings.waiting(), findings.due(), findings.gone())
                .flatMap(List::stream)
                .forEach(suspect -> suspects.put(suspect.orphan().id(), suspect));
        var cleared = new ArrayList<SuspectRow>();
        for (var row : rows) {
            var suspect = suspects.remove(row.id);
            if (suspect == null) {
                cleared.add(row);
            } else {
                row.take(suspect, doomed.contains(row.id));
            }
        }
        var fresh = suspects.values().stream()
                .map(suspect ->
                        new SuspectRow(suspect, doomed.contains(suspect.orphan().id())))
                .toList();
        // In the order in which all transactions lock rows of clusters, so that none waits for another in a circle.
        var revoked = findings.doomed().stream()
                .map(Suspect::orphan)
                .filter(orphan -> orphan.kind() == Kind.TRUSTEE)
                .map(Orphan::whose)
                .sorted()
                .toList();
        return session.removeAll(cleared.toArray())
                .chain(() -> session.persistAll(fresh.toArray()))
                .chain(() -> Multi.createFrom()
                        .iterable(revoked)
                        .onItem()
                        .transformToUniAndConcatenate(cluster -> session.createNativeQuery(REVOKE)
                                .setParameter(1, cluster)
                                .executeUpdate())
                        .collect()
                        .last()
                        .replaceWithVoid());
    }

    /** Whether a project has no cluster that is not proved gone. Blocks. */
    boolean isAbandoned(String project) {
        return transactions.call(session -> session.createQuery(IN_PROJECT, Long.class)
                .setParameter(1, project)
                .setParameter(2, Phase.ABSENT)
                .getSingleResult()
                .map(clusters -> clusters == 0));
    }

    /**
     * Commits how the sweep ended, with the event that tells it. What was removed is forgotten with that; killed before, it is told by
     * the next sweep, which does not find it any more. Blocks.
     *
     * @param findings what was found; {@code null} if nothing could be
     * @param removed what is told to be removed
     */
    void finish(Turn turn, @Nullable Findings findings, List<Suspect> removed, SweepFinished event) {
        transactions.call(session -> own(session, turn).onItem().ifNotNull().transformToUni(row -> {
            row.end(clock.instant());
            if (!turn.dry()) {
                row.swept(clock.instant(), event, findings != null);
            }
            return session.createMutationQuery("delete from SuspectRow where id in ?1")
                    .setParameter(1, ids(removed))
                    .executeUpdate()
                    .chain(() -> session.createNativeQuery("delete from sweep_request where request = ?1")
                            .setParameter(1, String.valueOf(turn.request()))
                            .executeUpdate())
                    .chain(() -> outbox.append(session, event));
        }));
    }

    /** The row, locked; {@code null} if the turn is another's by now. */
    private static Uni<@Nullable SweepRow> own(Mutiny.Session session, Turn turn) {
        return session.find(SweepRow.class, SweepRow.ID, LockMode.PESSIMISTIC_WRITE)
                .map(row -> turn.lease().equals(row.lease) ? row : null);
    }

    private static Set<String> ids(List<Suspect> suspects) {
        return suspects.stream().map(suspect -> suspect.orphan().id()).collect(Collectors.toSet());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
