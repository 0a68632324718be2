package lanyard.local.deadletters;

import static lanyard.local.conductor.CredentialEvent.printable;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * That a service refused a message, where that is, and why. Whoever can write to the topic can write anything, so what is read is cut to a
 * length and can't steer a terminal.
 *
 * @param service which one refused it
 * @param bytes how long the message's value is
 */
record DeadLetter(Instant when, String service, Place about, int bytes, String reason, String detail) {
    static final String TOPIC = "lanyard.dead-letters";

    private static final JsonMapper JSON = new JsonMapper();
    private static final int LONGEST_WORD = 250;
    private static final int LONGEST_DETAIL = 1_000;

    /** The letter that a record is; empty if it is none. */
    static Optional<DeadLetter> of(ConsumerRecord<String, String> kafkaRecord) {
        try {
            var letter = JSON.readTree(kafkaRecord.value() == null ? "" : kafkaRecord.value());
            var isOne = letter.path("topic").isTextual()
                    && letter.path("partition").isInt()
                    && letter.path("offset").isIntegralNumber()
                    && letter.path("offset").canConvertToLong()
                    && letter.path("bytes").isInt();
            return isOne
                    ? Optional.of(new DeadLetter(
                            Instant.ofEpochMilli(kafkaRecord.timestamp()),
                            // Letters of older services do not say whose they are.
                            text(letter, "service", LONGEST_WORD),
                            new Place(
                                    text(letter, "topic", LONGEST_WORD),
                                    letter.path("partition").intValue(),
                                    letter.path("offset").longValue()),
                            letter.path("bytes").intValue(),
                            text(letter, "reason", LONGEST_WORD),
                            text(letter, "detail", LONGEST_DETAIL)))
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static String text(JsonNode letter, String field, int longest) {
        var text = printable(letter.path(field).asText("-"));
        return text.length() <= longest ? text : text.substring(0, longest) + "…";
    }

    /** For a person: time, service, place, length, and why. */
    String line() {
        return "%s  %-12s  %s  %d bytes  %s: %s"
                .formatted(when.truncatedTo(ChronoUnit.SECONDS), service, about, bytes, reason, detail);
    }

    String json() {
        return JSON.createObjectNode()
                .put("time", when.toString())
                .put("service", service)
                .put("topic", about.topic())
                .put("partition", about.partition())
                .put("offset", about.offset())
                .put("bytes", bytes)
                .put("reason", reason)
                .put("detail", detail)
                .toString();
    }
}
