package lanyard.local.conductor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes to the notification bus as oslo.messaging's Kafka driver does: without a key and without headers, so that one cluster's
 * notifications land on different partitions and nothing keeps their order.
 */
public final class NotificationBus implements AutoCloseable {
    private final KafkaAccess kafka;
    private final KafkaProducer<String, String> producer;

    /** @param kafka bootstrap servers of a Kafka that asks nobody who they are */
    public NotificationBus(String kafka) {
        this(KafkaAccess.open(kafka));
    }

    NotificationBus(KafkaAccess kafka) {
        this.kafka = kafka;
        this.producer = new KafkaProducer<>(
                kafka.with(Map.of(
                        ProducerConfig.CLIENT_ID_CONFIG,
                        "conductor",
                        ProducerConfig.PARTITIONER_CLASS_CONFIG,
                        RoundRobinPartitioner.class,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        10_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        10_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        15_000)),
                new StringSerializer(),
                new StringSerializer());
        try {
            // Connects, so that the first notification is not the one that waits for it, and that a wrong address shows
            // at once.
            producer.partitionsFor("notifications.info");
        } catch (KafkaException e) {
            producer.close();
            throw refused(e);
        }
    }

    /** Returns when the broker has them all, with where each one is. */
    public List<RecordMetadata> emit(List<Notification> notifications) {
        try {
            List<Future<RecordMetadata>> underWay = new ArrayList<>();
            for (var notification : notifications) {
                underWay.add(producer.send(new ProducerRecord<>(notification.topic(), notification.body())));
            }
            List<RecordMetadata> written = new ArrayList<>();
            for (var one : underWay) {
                written.add(one.get());
            }
            return written;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while emitting", "run the command again", e);
        } catch (ExecutionException | RuntimeException e) {
            throw refused(e);
        }
    }

    private Trouble refused(Exception e) {
        return new Trouble(
                "Kafka at " + kafka + " does not take the notifications", "see how it is with ./lanyard status", e);
    }

    @Override
    public void close() {
        producer.close();
    }
}
