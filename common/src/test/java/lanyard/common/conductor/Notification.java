package lanyard.common.conductor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Genuine notifications, with one thing changed. */
final class Notification {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Notification() {}

    /** The first captured notification of an action and outcome, over Kafka, with its JSON written anew. */
    static byte[] changed(String action, String outcome) {
        return changed(action, outcome, message -> {});
    }

    /** The first captured notification of an action and outcome, over Kafka, changed. */
    static byte[] changed(String action, String outcome, Consumer<ObjectNode> change) {
        return Capture.kafka().stream()
                .filter(c -> c.text().contains("\\\"action\\\": \\\"" + action + "\\\""))
                .filter(c -> c.text().contains("\\\"outcome\\\": \\\"" + outcome + "\\\""))
                .findFirst()
                .map(capture -> changed(capture, change))
                .orElseThrow();
    }

    /** A captured notification, changed inside its envelope. */
    static byte[] changed(Capture capture, Consumer<ObjectNode> change) {
        var envelope = json(capture.text());
        var message = json(envelope.get("oslo.message").textValue());
        change.accept(message);
        return bytes(envelope.put("oslo.message", message.toString()));
    }

    static ObjectNode payload(ObjectNode message) {
        return (ObjectNode) message.get("payload");
    }

    static ObjectNode initiator(ObjectNode message) {
        return (ObjectNode) payload(message).get("initiator");
    }

    static ObjectNode target(ObjectNode message) {
        return (ObjectNode) payload(message).get("target");
    }

    static ObjectNode content(ObjectNode message) {
        return (ObjectNode) target(message).at("/attachments/0/content");
    }

    static ObjectNode json(String text) {
        try {
            return (ObjectNode) JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static byte[] bytes(ObjectNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
