package lanyard.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterKeyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLUSTER = "ba87ad14-ef88-4c8d-8119-6cc9ce8b720b";

    @ParameterizedTest
    @ValueSource(strings = {"magnum-rabbit.jsonl", "magnum-rabbit-two-conductors.jsonl", "magnum-kafka.jsonl"})
    void everyCapturedBodyNamesItsCluster(String capture) {
        assertThat(bodies(capture)).hasSizeGreaterThan(30).allSatisfy(body -> {
            var message = json(json(body).get("oslo.message").textValue());
            assertThat(ClusterKey.of(body))
                    .isEqualTo(message.at("/payload/target/id").textValue());
        });
    }

    @Test
    void theKeyHasOneFormHoweverTheUuidIsWritten() {
        assertThat(key(CLUSTER.toUpperCase(Locale.ROOT))).isEqualTo(CLUSTER);
    }

    @ParameterizedTest
    @MethodSource
    void aBodyThatNamesNoClusterHasNoKey(byte[] body) {
        assertThat(ClusterKey.of(body)).isNull();
    }

    static Stream<byte[]> aBodyThatNamesNoClusterHasNoKey() {
        return Stream.concat(
                Stream.of(new byte[0], new byte[] {0}, new byte[] {(byte) 0xff, (byte) 0xfe, 0x7b}, new byte[2 << 20]),
                Stream.of(
                                "null",
                                "[]",
                                "7",
                                "\"text\"",
                                "{}",
                                "{\"oslo.message\": 7}",
                                "{\"oslo.message\": \"\"}",
                                "{\"oslo.message\": \"no JSON\"}",
                                "{\"oslo.message\": {\"payload\": {\"target\": {\"id\": \"" + CLUSTER + "\"}}}}",
                                envelope("{\"payload\": []}"),
                                envelope("{\"payload\": {\"target\": \"" + CLUSTER + "\"}}"),
                                envelope("{\"payload\": {\"target\": {\"id\": null}}}"),
                                envelope("{\"payload\": {\"target\": {\"id\": \"not a UUID\"}}}"),
                                envelope("{\"target\": {\"id\": \"" + CLUSTER + "\"}}"),
                                // A notification of another service's.
                                envelope(
                                        "{\"event_type\": \"compute.instance.update\", \"payload\": {\"host\": \"c1\"}}"),
                                "[".repeat(100_000),
                                "{\"a\":".repeat(100_000),
                                "{\"oslo.message\": \"" + "\\u0041".repeat(1000),
                                "{\"n\": " + "9".repeat(10_000) + "}")
                        .map(ClusterKeyTest::bytes));
    }

    @Test
    void whateverIsDoneToABodyItIsReadInPeace() {
        var random = new Random(7);
        for (var body : bodies("magnum-rabbit.jsonl").toList()) {
            for (int i = 0; i < 200; i++) {
                var mutant = Arrays.copyOf(body, 1 + random.nextInt(body.length));
                for (int changes = random.nextInt(4); changes > 0; changes--) {
                    mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
                }
                var key = ClusterKey.of(mutant);
                assertThat(key == null || key.length() == CLUSTER.length()).isTrue();
            }
        }
    }

    @Test
    void whatIsLongerThanAnyServiceReadsIsNotLookedInto() {
        var padded = envelope("{\"payload\": {\"target\": {\"id\": \"%s\"}}}".formatted(CLUSTER))
                .replace("{\"oslo", " ".repeat(ClusterKey.LARGEST_BODY) + "{\"oslo");

        assertThat(ClusterKey.of(bytes(padded))).isNull();
    }

    private static String key(String id) {
        return ClusterKey.of(
                bytes(envelope("{\"payload\": {\"target\": {\"name\": {\"id\": 1}, \"id\": \"%s\"}}}".formatted(id))));
    }

    private static String envelope(String message) {
        return JSON.createObjectNode()
                .put("oslo.version", "2.0")
                .put("oslo.message", message)
                .toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode json(byte[] body) {
        return json(new String(body, StandardCharsets.UTF_8));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bodies of a capture, whose lines have them under different names. */
    private static Stream<byte[]> bodies(String capture) {
        return new BufferedReader(new InputStreamReader(
                        Objects.requireNonNull(ClusterKeyTest.class.getResourceAsStream("/captures/" + capture)),
                        StandardCharsets.UTF_8))
                .lines()
                .map(ClusterKeyTest::json)
                .map(line -> line.path(line.has("body") ? "body" : "value").textValue())
                .map(ClusterKeyTest::bytes);
    }
}
