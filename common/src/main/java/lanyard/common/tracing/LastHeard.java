package lanyard.common.tracing;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import lanyard.common.events.TraceParent;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What was heard last of each cluster, by its place in the trace: whoever works on the row afterwards, in whatever replica and after
 * whatever crash, goes on from there. It is written while the cluster's row is locked, in the commit that what was heard is in.
 */
class LastHeard {
    private static final Logger LOG = Logger.getLogger(LastHeard.class);
    private static final Duration DATABASE_TIMEOUT = Duration.ofSeconds(20);

    // Only where there is a row: anybody may name clusters on the bus.
    private static final String KEEP =
            """
            insert into trace (cluster, traceparent, request)
            select cluster, traceparent, nullif(request, '')
            from unnest(cast(?1 as text[]), cast(?2 as text[]), cast(?3 as text[])) heard (cluster, traceparent, request)
            join cluster using (cluster)
            on conflict (cluster) do update
            set traceparent = excluded.traceparent, request = coalesce(excluded.request, trace.request)
            """;
    private static final String FIND = "select traceparent, request from trace where cluster = $1";

    private final Pool database;

    LastHeard(Pool database) {
        this.database = database;
    }

    /** @param request the last request of the conductor's that is known */
    record Place(@Nullable TraceParent parent, @Nullable String request) {
        static final Place UNKNOWN = new Place(null, null);
    }

    Uni<Void> keep(Mutiny.Session session, List<OpenSpan> heard) {
        var last = new TreeMap<String, Place>();
        for (var span : heard) {
            var place = span.place();
            if (place != null) {
                last.merge(
                        place.cluster(),
                        new Place(place, span.request()),
                        (before, now) ->
                                new Place(now.parent(), now.request() == null ? before.request() : now.request()));
            }
        }
        if (last.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return session.createNativeQuery(KEEP)
                .setParameter(1, last.keySet().toArray(String[]::new))
                .setParameter(
                        2,
                        last.values().stream()
                                .map(place -> String.valueOf(place.parent()))
                                .toArray(String[]::new))
                .setParameter(
                        3,
                        last.values().stream()
                                .map(place -> place.request() == null ? "" : place.request())
                                .toArray(String[]::new))
                .executeUpdate()
                .replaceWithVoid();
    }

    /** Blocks. What can't be read is not known, and stops nobody. */
    Place find(String cluster) {
        try {
            for (var row : database.preparedQuery(FIND)
                    .execute(Tuple.of(cluster))
                    .await()
                    .atMost(DATABASE_TIMEOUT)) {
                return new Place(TraceParent.read(row.getString(0), cluster), row.getString(1));
            }
        } catch (RuntimeException e) {
            LOG.debugf("what was heard last of cluster %s can't be read for its trace: %s", cluster, e.getMessage());
        }
        return Place.UNKNOWN;
    }
}
