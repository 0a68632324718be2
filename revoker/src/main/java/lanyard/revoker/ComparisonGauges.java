package lanyard.revoker;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/** How the last comparison with the conductor's list ended and how long ago, and what it found. */
@ApplicationScoped
class ComparisonGauges {
    private static final Logger LOG = Logger.getLogger(ComparisonGauges.class);
    /** How it can end, each as a series: one that comes and goes can't be alerted on. */
    private static final List<String> OUTCOMES = List.of("none", "done", "too-many", "failed");

    private static final String LAST =
            """
            select replace(coalesce(outcome, 'none'), '_', '-'), listed, unserved, unlisted,
              coalesce(extract(epoch from now() - ended_at), 0)::float8
            from comparison
            """;

    private final Pool database;
    private final MultiGauge outcome;
    private final AtomicInteger listed = new AtomicInteger();
    private final AtomicInteger unserved = new AtomicInteger();
    private final AtomicInteger unlisted = new AtomicInteger();
    private final AtomicReference<Double> age = new AtomicReference<>(0.0);

    ComparisonGauges(Pool database, MeterRegistry metrics) {
        this.database = database;
        this.outcome = MultiGauge.builder("lanyard.conductor.outcome")
                .description("How the last comparison with the conductor's list ended")
                .register(metrics);
        metrics.gauge("lanyard.conductor.listed", listed, AtomicInteger::get);
        metrics.gauge("lanyard.conductor.unserved", unserved, AtomicInteger::get);
        metrics.gauge("lanyard.conductor.unlisted", unlisted, AtomicInteger::get);
        metrics.gauge("lanyard.conductor.age.seconds", age, AtomicReference::get);
    }

    @Scheduled(every = "${lanyard.health.sample-interval:5s}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> sample() {
        return database.query(LAST)
                .execute()
                .invoke(rows -> rows.forEach(this::last))
                .onFailure()
                .invoke(e -> LOG.warnf("can't sample the comparison for the metrics: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private void last(Row row) {
        var now = row.getString(0);
        outcome.register(
                OUTCOMES.stream()
                        .map(word -> MultiGauge.Row.of(Tags.of("outcome", word), word.equals(now) ? 1 : 0))
                        .toList(),
                true);
        listed.set(row.getInteger(1));
        unserved.set(row.getInteger(2));
        unlisted.set(row.getInteger(3));
        age.set(row.getDouble(4));
    }
}
