package lanyard.common.health;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import lanyard.common.settings.LanyardConfig;
import org.jboss.logging.Logger;

/** How many clusters are in which state, how many are parked, and how long the longest waiting of them, and of the messages, has been waiting. */
@ApplicationScoped
class RowGauges {
    private static final Logger LOG = Logger.getLogger(RowGauges.class);
    private static final String STATES = "select state, clusters from cluster_states";
    private static final String AGES =
            """
            select
              coalesce((select extract(epoch from now() - min(coalesce(unsettled_since, due_at))) from cluster
                        where due_at <= now() or unsettled_since is not null), 0)::float8,
              coalesce((select extract(epoch from now() - min(created_at)) from outbox
                        where published_at is null), 0)::float8
            """;

    // Parked: failing for long, or not tried again until something is heard.
    private static final String PARKED =
            """
            select count(*), coalesce(extract(epoch from now() - min(failing_since)), 0)::float8 from cluster
            where failing_since is not null
              and (due_at is null or failing_since <= now() - make_interval(secs => $1))
            """;

    private final Pool database;
    private final double parkedAfter;
    private final MultiGauge states;
    private final AtomicReference<Double> oldestCluster = new AtomicReference<>(0.0);
    private final AtomicReference<Double> oldestMessage = new AtomicReference<>(0.0);
    private final AtomicLong parked = new AtomicLong();
    private final AtomicReference<Double> oldestParked = new AtomicReference<>(0.0);

    RowGauges(Pool database, LanyardConfig config, MeterRegistry metrics) {
        this.database = database;
        this.parkedAfter = config.health().parkedAfter().toMillis() / 1000.0;
        this.states = MultiGauge.builder("lanyard.clusters")
                .description("Clusters by state")
                .register(metrics);
        metrics.gauge("lanyard.clusters.unreconciled.oldest.seconds", oldestCluster, AtomicReference::get);
        metrics.gauge("lanyard.outbox.unpublished.oldest.seconds", oldestMessage, AtomicReference::get);
        metrics.gauge("lanyard.clusters.parked", parked);
        metrics.gauge("lanyard.clusters.parked.oldest.seconds", oldestParked, AtomicReference::get);
    }

    @Scheduled(every = "${lanyard.health.sample-interval:5s}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> sample() {
        return database.query(STATES)
                .execute()
                .invoke(rows -> states.register(
                        StreamSupport.stream(rows.spliterator(), false)
                                .map(row -> MultiGauge.Row.of(Tags.of("state", row.getString(0)), row.getLong(1)))
                                .toList(),
                        true))
                .chain(() -> database.query(AGES).execute())
                .invoke(rows -> rows.forEach(row -> {
                    oldestCluster.set(row.getDouble(0));
                    oldestMessage.set(row.getDouble(1));
                }))
                .chain(() -> database.preparedQuery(PARKED).execute(Tuple.of(parkedAfter)))
                .invoke(rows -> rows.forEach(row -> {
                    parked.set(row.getLong(0));
                    oldestParked.set(row.getDouble(1));
                }))
                .onFailure()
                .invoke(e -> LOG.warnf("can't sample the rows for the metrics: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
