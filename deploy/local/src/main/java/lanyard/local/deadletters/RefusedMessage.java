package lanyard.local.deadletters;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import lanyard.local.conductor.Onlooker;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A message that a dead letter is about, as it lies on its topic. */
final class RefusedMessage {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final KafkaAccess kafka;
    private final ConsumerRecord<byte[], byte[]> lying;

    private RefusedMessage(KafkaAccess kafka, ConsumerRecord<byte[], byte[]> lying) {
        this.kafka = kafka;
        this.lying = lying;
    }

    /**
     * Finds the message, if a letter is about that place and what lies there is as long as the letter says: otherwise the topic was made
     * anew since, and it is another message.
     */
    static RefusedMessage at(KafkaAccess kafka, Place place) {
        var told = lengthsTold(kafka, place);
        if (told.isEmpty()) {
            throw new Trouble(
                    "no dead letter is about " + place, "take the message's place from ./lanyard dead-letters");
        }
        var lying = read(kafka, place);
        int length = lying.value() == null ? 0 : lying.value().length;
        if (!told.contains(length)) {
            throw new Trouble(
                    "what lies at %s is another message: it has %d bytes, and the one that was refused had %s"
                            .formatted(place, length, told.getLast()),
                    "have its sender tell it again");
        }
        return new RefusedMessage(kafka, lying);
    }

    private static List<Integer> lengthsTold(KafkaAccess kafka, Place place) {
        try (var letters = Onlooker.fromTheBeginning(kafka, DeadLetter.TOPIC)) {
            var told = new ArrayList<Integer>();
            while (!letters.isCaughtUp()) {
                letters.poll(POLL).stream()
                        .flatMap(one -> DeadLetter.of(one).stream())
                        .filter(letter -> letter.about().equals(place) && !told.contains(letter.bytes()))
                        .forEach(letter -> told.add(letter.bytes()));
            }
            return told;
        }
    }

    private static ConsumerRecord<byte[], byte[]> read(KafkaAccess kafka, Place place) {
        var partition = new TopicPartition(place.topic(), place.partition());
        try (var consumer = new KafkaConsumer<>(
                kafka.with(Map.of(
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "onlooker",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        // Should it be pruned in this moment, nothing else is read in its place.
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                        1,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        10_000)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            var isThere = consumer.listTopics().getOrDefault(place.topic(), List.of()).stream()
                    .anyMatch(info -> info.partition() == place.partition());
            var partitions = List.of(partition);
            if (!isThere
                    || place.offset() < consumer.beginningOffsets(partitions).getOrDefault(partition, 0L)
                    || place.offset() >= consumer.endOffsets(partitions).getOrDefault(partition, 0L)) {
                throw gone(place);
            }
            consumer.assign(partitions);
            consumer.seek(partition, place.offset());
            for (long start = System.nanoTime(); System.nanoTime() - start < PATIENCE.toNanos(); ) {
                for (var one : consumer.poll(POLL)) {
                    if (one.offset() == place.offset()) {
                        return one;
                    }
                    throw gone(place);
                }
            }
            throw new Trouble(
                    "Kafka at %s did not give what lies at %s in time".formatted(kafka, place), "try again later");
        } catch (KafkaException e) {
            throw new Trouble(
                    "can't read %s on Kafka at %s".formatted(place.topic(), kafka),
                    "see how it is with ./lanyard status",
                    e);
        }
    }

    private static Trouble gone(Place place) {
        return new Trouble(
                "the topic does not keep what was at %s any more".formatted(place),
                "have its sender tell it again, and keep the topic for longer");
    }

    /** Key, headers and value, such that they can be looked at, whatever they hold. */
    List<String> lines() {
        var lines = new ArrayList<String>();
        if (lying.key() != null) {
            lines.add("key: " + Escaped.of(lying.key()));
        }
        lying.headers()
                .forEach(header -> lines.add("header: %s = %s"
                        .formatted(
                                Escaped.of(header.key()), header.value() == null ? "-" : Escaped.of(header.value()))));
        lines.add(lying.value() == null ? "(no value)" : Escaped.of(lying.value()));
        return lines;
    }

    /** Puts the very record at its partition's end again, and answers where it is then. Returns when the broker has it. */
    Place replay() {
        try (var producer = new KafkaProducer<>(
                kafka.with(Map.of(
                        ProducerConfig.CLIENT_ID_CONFIG, "operator",
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000)),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            var written = producer.send(new ProducerRecord<>(
                            lying.topic(), lying.partition(), lying.key(), lying.value(), lying.headers()))
                    .get();
            return new Place(written.topic(), written.partition(), written.offset());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while replaying", "run the command again", e);
        } catch (ExecutionException | KafkaException e) {
            throw new Trouble(
                    "Kafka at " + kafka + " does not take the message", "see how it is with ./lanyard status", e);
        }
    }
}
