package lanyard.revoker;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/** What the last sweep found, how it ended and how long ago, and for how long the oldest orphan has been known. */
@ApplicationScoped
class SweepGauges {
    private static final Logger LOG = Logger.getLogger(SweepGauges.class);
    private static final String SUSPECTS =
            """
            select kind, count(id) from unnest(array['TRUSTEE', 'TRUST', 'CUSTODIAN']) kind left join suspect using (kind)
            group by kind
            """;
    /** How it can end, each as a series: one that comes and goes can't be alerted on. */
    private static final String OUTCOMES =
            """
            select word, (word = coalesce(outcome, 'NONE'))::int from sweep,
              unnest(array['NONE', 'DONE', 'TOO_MANY', 'NONE_LIVE', 'BEHIND', 'FAILED']) word
            """;

    private static final String LAST =
            """
            select ours, foreigners,
              coalesce(extract(epoch from now() - swept_at), 0)::float8,
              coalesce((select extract(epoch from now() - min(since)) from suspect), 0)::float8
            from sweep
            """;

    private final Pool database;
    private final MultiGauge suspects;
    private final MultiGauge outcome;
    private final AtomicReference<Double> ours = new AtomicReference<>(0.0);
    private final AtomicReference<Double> foreign = new AtomicReference<>(0.0);
    private final AtomicReference<Double> age = new AtomicReference<>(0.0);
    private final AtomicReference<Double> oldest = new AtomicReference<>(0.0);

    SweepGauges(Pool database, MeterRegistry metrics) {
        this.database = database;
        this.suspects = MultiGauge.builder("lanyard.sweep.orphans")
                .description("What belongs to no living cluster, by kind")
                .register(metrics);
        this.outcome = MultiGauge.builder("lanyard.sweep.outcome")
                .description("How the last sweep ended")
                .register(metrics);
        metrics.gauge("lanyard.sweep.ours", ours, AtomicReference::get);
        metrics.gauge("lanyard.sweep.foreign", foreign, AtomicReference::get);
        metrics.gauge("lanyard.sweep.age.seconds", age, AtomicReference::get);
        metrics.gauge("lanyard.sweep.orphans.oldest.seconds", oldest, AtomicReference::get);
    }

    @Scheduled(every = "${lanyard.health.sample-interval:5s}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> sample() {
        return database.query(SUSPECTS)
                .execute()
                .invoke(rows -> show(suspects, "kind", rows))
                .chain(() -> database.query(OUTCOMES).execute())
                .invoke(rows -> show(outcome, "outcome", rows))
                .chain(() -> database.query(LAST).execute())
                .invoke(rows -> rows.forEach(this::last))
                .onFailure()
                .invoke(e -> LOG.warnf("can't sample the sweep for the metrics: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private void last(Row row) {
        ours.set((double) row.getInteger(0));
        foreign.set((double) row.getInteger(1));
        age.set(row.getDouble(2));
        oldest.set(row.getDouble(3));
    }

    /** Rows of a word and a number. */
    private static void show(MultiGauge gauge, String tag, RowSet<Row> rows) {
        gauge.register(
                StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> MultiGauge.Row.of(
                                Tags.of(
                                        tag,
                                        row.getString(0)
                                                .toLowerCase(Locale.ROOT)
                                                .replace('_', '-')),
                                row.getLong(1)))
                        .toList(),
                true);
    }
}
