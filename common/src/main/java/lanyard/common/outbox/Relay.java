package lanyard.common.outbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import lanyard.common.database.Lifeline;
import lanyard.common.tracing.Tracing;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what the outbox holds, in every replica.
 *
 * <p>Only the oldest unpublished row of each key, its head, is ever claimed, so a row that can't be published holds back its own
 * key and no other, and two replicas never have the same key in flight. A claim outlives the longest time that Kafka's producer
 * may still try to deliver, so a row is claimed again only when its first delivery has ended. Killed between the broker's
 * acknowledgement and the mark, the row is published again: at least once.
 */
@ApplicationScoped
class Relay {
    private static final Logger LOG = Logger.getLogger(Relay.class);
    private static final Duration DATABASE_TIMEOUT = Duration.ofSeconds(20);

    private static final String CLAIM =
            """
            with heads as (
              select id from outbox head
              where published_at is null and (claimed_until is null or claimed_until < now())
                and not exists (
                  select from outbox earlier
                  where earlier.key = head.key and earlier.published_at is null and earlier.id < head.id)
              order by id
              limit $1
              for update skip locked)
            update outbox o set claimed_until = now() + make_interval(secs => $2)
            from heads where o.id = heads.id
            returning o.id, o.topic, o.key, o.body
            """;
    private static final String MARK_PUBLISHED =
            "update outbox set published_at = now(), claimed_until = null where id = any($1)";
    private static final String PUT_BACK =
            "update outbox set claimed_until = now() + make_interval(secs => $2) where id = any($1)";
    private static final String PRUNE =
            """
            delete from outbox where id in (
              select id from outbox where published_at < now() - make_interval(secs => $1)
              order by id limit $2 for update skip locked)
            """;

    private final Pool database;
    private final Publisher publisher;
    private final Lifeline lifeline;
    private final OutboxConfig config;
    private final Tracing tracing;
    private final Counter published;
    private final Counter failed;
    private final Semaphore bell = new Semaphore(0);
    private final Thread loop = Thread.ofVirtual().name("outbox-relay").unstarted(this::run);
    private volatile boolean running = true;

    Relay(
            Pool database,
            Publisher publisher,
            Lifeline lifeline,
            OutboxConfig config,
            MeterRegistry metrics,
            Tracing tracing) {
        this.database = database;
        this.publisher = publisher;
        this.lifeline = lifeline;
        this.config = config;
        this.tracing = tracing;
        // There from the start: Prometheus sees no increase in a series that begins with one.
        this.published = metrics.counter("lanyard.outbox.published");
        this.failed = metrics.counter("lanyard.outbox.failed");
    }

    void start(@Observes StartupEvent event) {
        lifeline.on("outbox", bell::release);
        loop.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        running = false;
        bell.release();
        loop.join(Duration.ofSeconds(5));
    }

    private void run() {
        var nextPrune = System.nanoTime();
        while (running) {
            try {
                if (System.nanoTime() - nextPrune >= 0) {
                    prune();
                    nextPrune = System.nanoTime()
                            + config.interval().multipliedBy(30).toNanos();
                }
                // A published head uncovers the next row of its key: go on until nothing was published.
                if (publishBatch() == 0) {
                    bell.tryAcquire(config.interval().toMillis(), TimeUnit.MILLISECONDS);
                    bell.drainPermits();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.warnf("the outbox can't be published, trying again in %s: %s", config.interval(), e.getMessage());
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(config.interval());
        } catch (InterruptedException e) {
            running = false;
        }
    }

    /** Publishes the head of each key, up to a batch of them, and answers how many the broker took. */
    int publishBatch() {
        var heads = claim();
        var sent = heads.stream().map(this::send).toList();
        var taken = new ArrayList<Long>();
        var left = new ArrayList<Long>();
        String why = null;
        for (int i = 0; i < heads.size(); i++) {
            try {
                sent.get(i).join();
                taken.add(heads.get(i).id);
            } catch (RuntimeException e) {
                left.add(heads.get(i).id);
                why = String.valueOf(
                        e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            }
        }
        if (!taken.isEmpty()) {
            update(MARK_PUBLISHED, Tuple.of(taken.toArray(Long[]::new)));
        }
        if (!left.isEmpty()) {
            // They rest a while: a batch full of what can't be published would leave no turn to anything else.
            update(PUT_BACK, Tuple.of(left.toArray(Long[]::new), seconds(config.interval())));
        }
        published.increment(taken.size());
        if (!left.isEmpty()) {
            failed.increment(left.size());
            LOG.warnf("%d messages could not be published and stay in the outbox: %s", left.size(), why);
        }
        return taken.size();
    }

    private CompletableFuture<Void> send(Head head) {
        var span = tracing.sends(head.topic, head.body);
        return publisher.publish(head.topic, head.key, head.body).whenComplete((done, failure) -> {
            if (failure != null) {
                span.fail("the broker did not take it");
            }
            span.end();
        });
    }

    private List<Head> claim() {
        var rows = database.preparedQuery(CLAIM)
                .execute(Tuple.of(config.batch(), seconds(config.claim())))
                .await()
                .atMost(DATABASE_TIMEOUT);
        return StreamSupport.stream(rows.spliterator(), false).map(Head::new).toList();
    }

    private void update(String sql, Tuple parameters) {
        database.preparedQuery(sql).execute(parameters).await().atMost(DATABASE_TIMEOUT);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    private void prune() {
        int deleted;
        do {
            deleted = database.preparedQuery(PRUNE)
                    .execute(Tuple.of(seconds(config.retention()), config.batch()))
                    .await()
                    .atMost(DATABASE_TIMEOUT)
                    .rowCount();
        } while (running && deleted == config.batch());
    }

    private record Head(long id, String topic, @Nullable String key, byte[] body) {
        Head(Row row) {
            this(
                    row.getLong(0),
                    row.getString(1),
                    row.getString(2),
                    row.getBuffer(3).getBytes());
        }
    }
}
