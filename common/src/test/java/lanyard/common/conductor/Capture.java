package lanyard.common.conductor;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * One notification as a real Magnum sent it.
 *
 * @param scenario what was being done to the cluster, each with a cluster of its own
 * @param channel the topic or routing key it came over
 * @param text the body
 */
public record Capture(String scenario, String channel, String text) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Magnum's own transport, RabbitMQ. */
    public static List<Capture> rabbit() {
        return read("magnum-rabbit.jsonl", "routing_key", "body");
    }

    /** RabbitMQ, with two conductors that both tell some of the results. */
    public static List<Capture> twoConductors() {
        return read("magnum-rabbit-two-conductors.jsonl", "routing_key", "body");
    }

    /** oslo.messaging's Kafka driver. */
    public static List<Capture> kafka() {
        return read("magnum-kafka.jsonl", "topic", "value");
    }

    public static Stream<Capture> all() {
        return Stream.of(rabbit(), twoConductors(), kafka()).flatMap(List::stream);
    }

    public byte[] body() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<Capture> read(String file, String channel, String body) {
        var stream = Objects.requireNonNull(Capture.class.getResourceAsStream("/captures/" + file));
        try (var lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .map(line -> {
                        try {
                            var json = JSON.readTree(line);
                            return new Capture(
                                    json.get("scenario").textValue(),
                                    json.get(channel).textValue(),
                                    json.get(body).textValue());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
