package lanyard.common.health;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/** How many clusters are in which state, and how long the longest waiting of them, and of the messages, has been waiting. */
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

    private final Pool database;
    private final MultiGauge states;
    private final AtomicReference<Double> oldestCluster = new AtomicReference<>(0.0);
    private final AtomicReference<Double> oldestMessage = new AtomicReference<>(0.0);

    RowGauges(Pool database, MeterRegistry metrics) {
        this.database = database;
        this.states = MultiGauge.builder("lanyard.clusters")
                .description("Clusters by state")
                .register(metrics);
        metrics.gauge("lanyard.clusters.unreconciled.oldest.seconds", oldestCluster, AtomicReference::get);
        metrics.gauge("lanyard.outbox.unpublished.oldest.seconds", oldestMessage, AtomicReference::get);
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
                .onFailure()
                .invoke(e -> LOG.warnf("can't sample the rows for the metrics: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }
}
