package lanyard.revoker;

import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.settings.LanyardConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How much of what was told on the bus this service has heard, by the offsets that its replicas have committed. A cluster whose create
 * is still unread looks like an orphan.
 */
@Singleton
class Hearing {
    private static final Logger LOG = Logger.getLogger(Hearing.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** How Kafka says that there is no such offset. */
    private static final long NONE = -1;

    private final Map<String, Object> broker;
    private final String group;
    private final List<String> topics;

    Hearing(
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            @ConfigProperty(name = "mp.messaging.connector.smallrye-kafka.group.id") String group,
            LanyardConfig config) {
        this.broker = broker;
        this.group = group;
        this.topics = Stream.concat(
                        config.topics().notifications().stream(),
                        Stream.of(config.topics().credentials()))
                .toList();
    }

    /** Why not all is known to be heard that was told before that time; {@code null} if it is. Blocks. */
    @Nullable
    String lacks(Instant before) {
        try (var admin = Admin.create(broker)) {
            var partitions =
                    partitions(get(admin.describeTopics(topics).allTopicNames()).values());
            var committed = get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
            var first = offsets(admin, partitions, OffsetSpec.earliest());
            var end = offsets(admin, partitions, OffsetSpec.latest());
            var later = offsets(admin, partitions, OffsetSpec.forTimestamp(before.toEpochMilli()));
            for (var partition : partitions) {
                var heard = committed.get(partition);
                var next = later.getOrDefault(partition, NONE);
                // Without anything later, all that is there is earlier.
                var wanted = next == NONE ? end.getOrDefault(partition, NONE) : next;
                if (Math.max(first.getOrDefault(partition, NONE), heard == null ? NONE : heard.offset()) < wanted) {
                    return "what was told on %s before %s is not all heard yet".formatted(partition, before);
                }
            }
            return null;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            LOG.warnf("can't ask Kafka what was heard: %s", e.getMessage());
            return "Kafka does not say how much was heard: the log says why";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private static List<TopicPartition> partitions(Collection<TopicDescription> topics) {
        return topics.stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .toList();
    }

    private static Map<TopicPartition, Long> offsets(Admin admin, List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException, TimeoutException {
        var asked = partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which));
        return get(admin.listOffsets(asked).all()).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T get(KafkaFuture<T> future) throws ExecutionException, InterruptedException, TimeoutException {
        return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
