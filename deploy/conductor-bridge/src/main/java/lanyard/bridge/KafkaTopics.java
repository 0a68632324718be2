package lanyard.bridge;

import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import lanyard.bridge.Sides.Side;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Kafka, as far as the bridge needs it: whether it is there, and a producer whose messages every in-sync replica has when it says so.
 *
 * <p>The producer tries again by itself for half a minute, and keeps the order of a partition. After a failure it is replaced by a new
 * one, once nothing is under way any more.
 */
@Singleton
class KafkaTopics {
    private static final long LOOK = Duration.ofSeconds(5).toNanos();
    private static final Map<String, Object> ASKING = Map.of(
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000, AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
    private static final Map<String, Object> SENDING = Map.of(
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
            ProducerConfig.LINGER_MS_CONFIG, 2,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000,
            ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);

    private final Map<String, Object> broker;
    private final List<String> topics;
    private final Sides sides;
    private final Diagnosis diagnosis;
    private final AtomicInteger underWay = new AtomicInteger();

    private @Nullable Clients clients;
    private volatile boolean looking;
    private volatile boolean answers;
    private volatile boolean failed;
    private volatile long nextLook = System.nanoTime();

    private record Clients(Admin admin, Producer<String, byte[]> producer) implements AutoCloseable {
        @Override
        public void close() {
            producer.close(Duration.ZERO);
            admin.close(Duration.ZERO);
        }
    }

    /** What became of a message. */
    sealed interface Sent {
        /** Every in-sync replica has it. */
        record Taken() implements Sent {}

        /** Kafka will never take it. */
        record Refused(String why) implements Sent {}

        /** Kafka may or may not have it. */
        record Failed() implements Sent {}
    }

    KafkaTopics(@Identifier("default-kafka-broker") Map<String, Object> broker, BridgeConfig config, Sides sides) {
        this.broker = broker;
        this.topics = config.topics().notifications();
        this.sides = sides;
        this.diagnosis = new Diagnosis(config);
    }

    /** Asks Kafka for the topics, now and then and without waiting for the answer. */
    void look(Runnable whenAnswered) {
        if (looking || System.nanoTime() - nextLook < 0) {
            return;
        }
        looking = true;
        nextLook = System.nanoTime() + LOOK;
        try {
            var unused = clients()
                    .admin()
                    .describeTopics(topics)
                    .allTopicNames()
                    .whenComplete((found, failure) -> {
                        looking = false;
                        if (failure == null) {
                            answers = true;
                            sides.well(Side.KAFKA);
                        } else {
                            unanswered(failure);
                        }
                        whenAnswered.run();
                    });
        } catch (KafkaException e) {
            // A name that can't be resolved, or a setting that is wrong.
            looking = false;
            unanswered(e);
        }
    }

    /** After a failure, once nothing is under way: begins anew. */
    void settle() {
        if (failed && isStill()) {
            failed = false;
            close();
        }
    }

    /** Whether messages may be sent: it answered when it was asked last, and nothing has failed since. */
    boolean isReady() {
        return answers && !failed;
    }

    /** Whether no message is under way. */
    boolean isStill() {
        return underWay.get() == 0;
    }

    /** @param then is told what became of it, mostly on a thread of the producer's */
    void send(String topic, @Nullable String key, byte[] body, Consumer<Sent> then) {
        underWay.incrementAndGet();
        try {
            var unused = clients().producer().send(new ProducerRecord<>(topic, key, body), (metadata, failure) -> {
                underWay.decrementAndGet();
                then.accept(sent(failure));
            });
        } catch (KafkaException | IllegalStateException e) {
            underWay.decrementAndGet();
            then.accept(sent(e));
        }
    }

    private Sent sent(@Nullable Exception failure) {
        return switch (failure) {
            case null -> new Sent.Taken();
            case RecordTooLargeException e -> new Sent.Refused("it is longer than Kafka takes");
            case RecordBatchTooLargeException e -> new Sent.Refused("it is longer than Kafka takes");
            case InvalidRecordException e -> new Sent.Refused("the topic's own settings refuse it");
            default -> {
                failed = true;
                nextLook = System.nanoTime() + LOOK;
                unanswered(failure);
                yield new Sent.Failed();
            }
        };
    }

    private void unanswered(Throwable failure) {
        answers = false;
        sides.ill(Side.KAFKA, diagnosis.ofKafka(failure));
    }

    private synchronized Clients clients() {
        if (clients == null) {
            var admin = Admin.create(with(ASKING));
            try {
                clients = new Clients(
                        admin, new KafkaProducer<>(with(SENDING), new StringSerializer(), new ByteArraySerializer()));
            } catch (KafkaException e) {
                admin.close(Duration.ZERO);
                throw e;
            }
        }
        return clients;
    }

    private Map<String, Object> with(Map<String, Object> ours) {
        var settings = new HashMap<>(broker);
        // Quarkus names a group for consumers, of which there is none.
        settings.remove(CommonClientConfigs.GROUP_ID_CONFIG);
        settings.putAll(ours);
        return settings;
    }

    @PreDestroy
    synchronized void close() {
        if (clients != null) {
            clients.close();
            clients = null;
        }
    }
}
