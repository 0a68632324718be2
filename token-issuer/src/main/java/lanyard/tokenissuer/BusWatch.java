package lanyard.tokenissuer;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialReady;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.events.TokenRevoked;
import lanyard.common.settings.LanyardConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Lets this replica's memory hear every event, whichever replica records it, within the time that Kafka takes to deliver it.
 *
 * <p>It reads all partitions and commits nothing. It starts where the group of recorders has got to: what is before that, the rows say.
 * Every second it asks the broker where the topic ends; it is up to date as of the last time at which it was told and got there.
 */
@Singleton
public class BusWatch {
    private static final Logger LOG = Logger.getLogger(BusWatch.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(5);
    private static final long BETWEEN_CHECKS = Duration.ofSeconds(1).toNanos();

    private final Clusters clusters;
    private final FirstLogins firstLogins;
    private final Map<String, Object> kafka;
    private final String topic;
    private final long timeout;
    /** Where to go on reading. It outlives a lost connection: what was told meanwhile is heard, whoever has recorded it. */
    private final Map<TopicPartition, Long> positions = new HashMap<>();

    private final Thread loop = Thread.ofPlatform().name("bus-watch").daemon().unstarted(this::run);
    private volatile boolean running = true;
    private volatile boolean everCurrent;
    private volatile long currentAt;

    BusWatch(
            Clusters clusters,
            FirstLogins firstLogins,
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            @ConfigProperty(name = "mp.messaging.connector.smallrye-kafka.group.id") String group,
            LanyardConfig lanyard,
            TokenIssuerConfig config,
            MeterRegistry metrics) {
        this.clusters = clusters;
        this.firstLogins = firstLogins;
        this.topic = lanyard.topics().credentials();
        this.timeout = config.door().busTimeout().toNanos();
        this.kafka = new HashMap<>(broker);
        kafka.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        kafka.put(ConsumerConfig.CLIENT_ID_CONFIG, "lanyard-bus-watch");
        kafka.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        kafka.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        metrics.gauge("lanyard.door.bus.age.seconds", this, watch -> watch.age().toMillis() / 1000.0);
    }

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        running = false;
        loop.join(Duration.ofSeconds(5));
    }

    /** Whether this replica knows what was revoked, up to the configured time ago. */
    public boolean isCurrent() {
        return everCurrent && System.nanoTime() - currentAt < timeout;
    }

    /** For how long this replica may have missed what was told; a year if it has heard nothing since its start. */
    public Duration age() {
        return everCurrent ? Duration.ofNanos(System.nanoTime() - currentAt) : Duration.ofDays(365);
    }

    private void run() {
        while (running) {
            try (var consumer = new KafkaConsumer<>(kafka, new StringDeserializer(), new ByteArrayDeserializer())) {
                watch(consumer);
            } catch (WakeupException | org.apache.kafka.common.errors.InterruptException e) {
                return;
            } catch (KafkaException e) {
                LOG.warnf("the bus can't be watched, trying again: %s", e.getMessage());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch(KafkaConsumer<String, byte[]> consumer) {
        Set<TopicPartition> watched = Set.of();
        Map<TopicPartition, Long> ends = Map.of();
        // Any time that is past.
        var askedAt = System.nanoTime() - BETWEEN_CHECKS;
        while (running) {
            if (ends.isEmpty() && System.nanoTime() - askedAt >= BETWEEN_CHECKS) {
                askedAt = System.nanoTime();
                var partitions = partitions(consumer);
                if (!partitions.equals(watched)) {
                    assign(consumer, partitions);
                    watched = partitions;
                }
                ends = consumer.endOffsets(watched, BROKER_TIMEOUT);
            }
            if (watched.isEmpty()) {
                pause();
                ends = Map.of();
                continue;
            }
            consumer.poll(POLL).forEach(message -> {
                hear(message.value());
                positions.put(new TopicPartition(message.topic(), message.partition()), message.offset() + 1);
            });
            if (!ends.isEmpty() && hasReached(consumer, ends)) {
                currentAt = askedAt;
                everCurrent = true;
                ends = Map.of();
            }
        }
    }

    private Set<TopicPartition> partitions(KafkaConsumer<String, byte[]> consumer) {
        var partitions = new HashSet<TopicPartition>();
        consumer.partitionsFor(topic, BROKER_TIMEOUT)
                .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        return partitions;
    }

    private void assign(KafkaConsumer<String, byte[]> consumer, Set<TopicPartition> partitions) {
        var fresh = new HashSet<>(partitions);
        fresh.removeAll(positions.keySet());
        var recorded = consumer.committed(fresh, BROKER_TIMEOUT);
        consumer.assign(partitions);
        partitions.forEach(partition -> {
            var known = positions.get(partition);
            var offset = recorded.get(partition);
            if (known != null) {
                consumer.seek(partition, known);
            } else if (offset == null || everCurrent) {
                // One that came later: what is in memory may be older than what was recorded from it.
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, offset);
            }
        });
        fresh.forEach(partition -> positions.put(partition, consumer.position(partition, BROKER_TIMEOUT)));
    }

    private static boolean hasReached(KafkaConsumer<String, byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey(), BROKER_TIMEOUT) >= end.getValue());
    }

    /** Takes what one message says into the memory. */
    void hear(byte[] message) {
        if (EventCodec.read(message) instanceof Read.Event(var event, var id, var time, var source)) {
            switch (event) {
                case CredentialProvisioned told -> clusters.hear(told.cluster(), Entitlement.heard(told));
                case CredentialRevoked told -> clusters.hear(told.cluster(), Entitlement.REVOKED);
                case CredentialReady told -> {
                    // Older client credentials have got their end with this.
                    clusters.refresh(told.cluster());
                    firstLogins.await(told, message);
                }
                case TokenRevoked told -> clusters.forget(told.cluster());
                default -> {
                    // Tells nothing that the door does not know.
                }
            }
        }
    }
}
