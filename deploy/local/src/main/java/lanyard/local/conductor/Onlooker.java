package lanyard.local.conductor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a topic as an onlooker: in no consumer group, so that nobody's offsets are moved. */
public final class Onlooker implements AutoCloseable {
    private final KafkaAccess kafka;
    private final String topic;
    private final KafkaConsumer<String, String> consumer;
    private final Map<TopicPartition, Long> endAsOfTheStart;

    private Onlooker(KafkaAccess kafka, String topic) {
        this.kafka = kafka;
        this.topic = topic;
        this.consumer = new KafkaConsumer<>(
                kafka.with(Map.of(
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "onlooker",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        10_000)),
                new StringDeserializer(),
                new StringDeserializer());
        try {
            var partitions = consumer.listTopics().getOrDefault(topic, List.of()).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new Trouble("Kafka at %s has no topic %s".formatted(kafka, topic), "./lanyard up makes it");
            }
            consumer.assign(partitions);
            endAsOfTheStart = consumer.endOffsets(partitions);
        } catch (KafkaException e) {
            consumer.close();
            throw unreachable(e);
        } catch (Trouble e) {
            consumer.close();
            throw e;
        }
    }

    public static Onlooker fromTheBeginning(KafkaAccess kafka, String topic) {
        var onlooker = new Onlooker(kafka, topic);
        onlooker.consumer.seekToBeginning(onlooker.consumer.assignment());
        return onlooker;
    }

    static Onlooker fromNowOn(KafkaAccess kafka, String topic) {
        var onlooker = new Onlooker(kafka, topic);
        onlooker.endAsOfTheStart.forEach(onlooker.consumer::seek);
        return onlooker;
    }

    /** Waits at most so long for records; those of one partition come in the order in which they were written. */
    public List<ConsumerRecord<String, String>> poll(Duration atMost) {
        try {
            return StreamSupport.stream(consumer.poll(atMost).spliterator(), false)
                    .toList();
        } catch (KafkaException e) {
            throw unreachable(e);
        }
    }

    /** Whether everything has been read that was there when reading began. */
    public boolean isCaughtUp() {
        return endAsOfTheStart.entrySet().stream()
                .allMatch(partition -> consumer.position(partition.getKey()) >= partition.getValue());
    }

    private Trouble unreachable(KafkaException e) {
        return new Trouble(
                "can't read %s on Kafka at %s".formatted(topic, kafka), "see how it is with ./lanyard status", e);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
