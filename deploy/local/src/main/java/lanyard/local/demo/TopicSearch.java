package lanyard.local.demo;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Looks into every record of every topic that was written since the story began, whoever wrote it. */
final class TopicSearch implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> start;

    TopicSearch(String kafka) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        kafka,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "search",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        10_000),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        start = new HashMap<>(consumer.endOffsets(partitions()));
    }

    /** @param matches where the text was found: topic, partition, offset and form; never the text itself */
    record Result(int records, int topics, List<String> matches) {}

    /** Looks for a text as it is, in hexadecimal digits, and in either alphabet of base64 wherever it may begin in there. */
    Result find(String text) {
        var forms = forms(text);
        var partitions = partitions();
        consumer.assign(partitions);
        partitions.forEach(partition -> consumer.seek(partition, start.getOrDefault(partition, 0L)));
        var end = consumer.endOffsets(partitions);
        List<String> matches = new ArrayList<>();
        int records = 0;
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (end.entrySet().stream().anyMatch(to -> consumer.position(to.getKey()) < to.getValue())) {
            if (System.nanoTime() > deadline) {
                throw new Trouble("Kafka does not hand out its records in time", "see how it is with ./lanyard status");
            }
            for (var kafkaRecord : consumer.poll(POLL)) {
                records++;
                var content = content(kafkaRecord);
                forms.forEach((form, needle) -> {
                    if (content.contains(needle)) {
                        matches.add("%s-%d@%d (%s)"
                                .formatted(kafkaRecord.topic(), kafkaRecord.partition(), kafkaRecord.offset(), form));
                    }
                });
            }
        }
        return new Result(
                records,
                (int) partitions.stream().map(TopicPartition::topic).distinct().count(),
                matches);
    }

    /** One record as it lies on the broker. */
    ConsumerRecord<byte[], byte[]> at(RecordMetadata place) {
        var partition = new TopicPartition(place.topic(), place.partition());
        consumer.assign(List.of(partition));
        consumer.seek(partition, place.offset());
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            for (var kafkaRecord : consumer.poll(POLL)) {
                if (kafkaRecord.offset() == place.offset()) {
                    return kafkaRecord;
                }
            }
        }
        throw new Unverified("the record at " + place, "to be there", "nothing");
    }

    private List<TopicPartition> partitions() {
        return consumer.listTopics().entrySet().stream()
                .filter(topic -> !topic.getKey().startsWith("__"))
                .flatMap(topic -> topic.getValue().stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    /** All bytes of a record, one character each, so that a text search is a byte search. */
    private static String content(ConsumerRecord<byte[], byte[]> kafkaRecord) {
        var content = new StringBuilder();
        append(content, kafkaRecord.key());
        append(content, kafkaRecord.value());
        kafkaRecord.headers().forEach(header -> append(content, header.value()));
        return content.toString();
    }

    private static void append(StringBuilder to, byte @Nullable [] bytes) {
        if (bytes != null) {
            to.append(new String(bytes, StandardCharsets.ISO_8859_1)).append('\n');
        }
    }

    static Map<String, String> forms(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var forms = new LinkedHashMap<String, String>();
        forms.put("as it is", new String(bytes, StandardCharsets.ISO_8859_1));
        forms.put("hex", HexFormat.of().formatHex(bytes));
        forms.put("HEX", HexFormat.of().withUpperCase().formatHex(bytes));
        for (int shift = 0; shift < 3; shift++) {
            forms.put("base64, shifted by " + shift, inBase64(bytes, shift, Base64.getEncoder()));
            forms.put("base64url, shifted by " + shift, inBase64(bytes, shift, Base64.getUrlEncoder()));
        }
        return forms;
    }

    /** How the bytes look in base64 when so many others stand before them: without the characters that depend on neighbours. */
    private static String inBase64(byte[] bytes, int shift, Base64.Encoder encoder) {
        var shifted = new byte[shift + bytes.length];
        System.arraycopy(bytes, 0, shifted, shift, bytes.length);
        var encoded = encoder.withoutPadding().encodeToString(shifted);
        int end = shifted.length % 3 == 0 ? encoded.length() : encoded.length() - 1;
        return encoded.substring(shift == 0 ? 0 : shift + 1, end);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
