package lanyard.common.intake;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How far the bus was read for what is in the database, kept in the database itself, and told to Kafka.
 *
 * <p>Kafka does not know when the database is set back to a backup, or is lost: what was told since would never be heard again. So
 * reading begins where the database says, if that is earlier. What is written here lags some seconds behind, never ahead; what is so
 * read twice does no harm. What Kafka does not take, as in the middle of a rebalance, it is told again: whoever asks the group how
 * far it has heard must not wait for a partition's next message.
 */
@ApplicationScoped
@Default
@Identifier("positions")
class Positions implements KafkaConsumerRebalanceListener {
    private static final Logger LOG = Logger.getLogger(Positions.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long PAUSE_MILLIS = 1_000;
    private static final String READ = "select topic, partition, next from position";
    private static final String WRITE =
            """
            insert into position (topic, partition, next) values ($1, $2, $3)
            on conflict (topic, partition) do update set next = excluded.next
            """;

    private final Pool database;
    private final KafkaClientService kafka;
    private final CountDownLatch stopping = new CountDownLatch(1);
    /** The offset after the last message that is done with, and with it all before, of each partition that was read from since the last writing. */
    private final Map<TopicPartition, Long> unwritten = new ConcurrentHashMap<>();
    /** The same, since the last commit, of those partitions that are this replica's. */
    private final Map<TopicPartition, Long> uncommitted = new ConcurrentHashMap<>();

    Positions(Pool database, KafkaClientService kafka) {
        this.database = database;
        this.kafka = kafka;
    }

    /** A message is done with. Those of a partition come one after the other. */
    void pass(ConsumerRecord<?, ?> message) {
        var partition = new TopicPartition(message.topic(), message.partition());
        unwritten.put(partition, message.offset() + 1);
        uncommitted.put(partition, message.offset() + 1);
    }

    /** All of a batch are done with. Batches come one after the other, and hold a partition's messages in their order. */
    void pass(ConsumerRecords<?, ?> batch) {
        batch.partitions().forEach(partition -> pass(batch.records(partition).getLast()));
    }

    /** Writes down how far everything was read. What fails is tried again the next time. */
    @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> write() {
        return settle(unwritten, now -> database.preparedQuery(WRITE)
                .executeBatch(now.entrySet().stream()
                        .map(entry ->
                                Tuple.of(entry.getKey().topic(), entry.getKey().partition(), entry.getValue()))
                        .toList())
                .replaceWithVoid());
    }

    /** Tells Kafka how far everything was read. What fails is tried again the next time. */
    @Scheduled(every = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> commit() {
        return settle(uncommitted, now -> Multi.createFrom()
                .iterable(kafka.getConsumerChannels())
                .onItem()
                .transformToUniAndConcatenate(
                        channel -> kafka.getConsumer(channel).runOnPollingThread(consumer -> {
                            commit(consumer, now);
                        }))
                .onItem()
                .ignoreAsUni());
    }

    private static Uni<Void> settle(
            Map<TopicPartition, Long> open, Function<Map<TopicPartition, Long>, Uni<Void>> how) {
        var now = Map.copyOf(open);
        if (now.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return how.apply(now)
                .invoke(() -> now.forEach(open::remove))
                .onFailure()
                .invoke(e -> LOG.warnf("can't write down yet how far the bus was read: %s", e.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private static void commit(Consumer<?, ?> consumer, Map<TopicPartition, Long> reached) {
        // Those of another channel are that one's, and what is another replica's by now must not be set back.
        var assigned = consumer.assignment();
        var held = reached.entrySet().stream()
                .filter(entry -> assigned.contains(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> new OffsetAndMetadata(entry.getValue())));
        if (!held.isEmpty()) {
            consumer.commitSync(held);
        }
    }

    @Override
    public void onPartitionsRevoked(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        // Whoever has them next reads on from what was committed and written last.
        uncommitted.keySet().removeAll(partitions);
    }

    /** Blocks Kafka's polling thread until database and broker have answered: before that, nothing could be read anyway. */
    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        while (!partitions.isEmpty()) {
            try {
                begin(consumer, Set.copyOf(partitions));
                return;
            } catch (RuntimeException e) {
                if (e instanceof KafkaException && !(e instanceof RetriableException)) {
                    throw e;
                }
                if (isStopping()) {
                    // Nothing is heard any more, from wherever it would begin.
                    return;
                }
                LOG.warnf("can't see yet from where to read %s: %s", partitions, e.getMessage());
            }
        }
    }

    private boolean isStopping() {
        try {
            return stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void begin(Consumer<?, ?> consumer, Set<TopicPartition> partitions) {
        var recorded = recorded();
        var committed = consumer.committed(partitions);
        var back = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (var partition : partitions) {
            var reached = committed.get(partition);
            var start = start(recorded.get(partition), reached == null ? null : reached.offset());
            consumer.seek(partition, start);
            if (reached != null && start < reached.offset()) {
                back.put(partition, new OffsetAndMetadata(start));
                LOG.infof(
                        "%s was read up to %d, and the database has what was told before %d: reading on from there",
                        partition, reached.offset(), start);
            }
        }
        if (!back.isEmpty()) {
            // Whoever asks the group what it has heard is told the truth from now on.
            consumer.commitSync(back);
        }
    }

    private Map<TopicPartition, Long> recorded() {
        var rows = database.query(READ).execute().await().atMost(PATIENCE);
        return StreamSupport.stream(rows.spliterator(), false)
                .collect(Collectors.toMap(
                        row -> new TopicPartition(row.getString(0), row.getInteger(1)), row -> row.getLong(2)));
    }

    /**
     * Where to begin to read a partition. If that offset is not kept any more, Kafka begins with the earliest that is.
     *
     * @param recorded what the database says; {@code null} if it knows nothing of what was told there
     * @param committed what the group has committed at Kafka: an operator may have set it back, too; {@code null} if Kafka has forgotten
     */
    static long start(@Nullable Long recorded, @Nullable Long committed) {
        if (recorded == null) {
            return 0;
        }
        return committed == null ? recorded : Math.min(recorded, committed);
    }

    void stop(@Observes ShutdownEvent event) {
        stopping.countDown();
    }
}
