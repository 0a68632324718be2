package lanyard.common.conductor;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The few fields of a notification that are used, taken in one pass over its tokens; the rest is skipped and never built.
 *
 * <p>A field is {@code null} when it is absent or null, and empty when it is there but is no text, which fits no shape.
 */
final class CadfFields {
    @Nullable
    String osloVersion;

    @Nullable
    String osloMessage;

    @Nullable
    String eventType;

    @Nullable
    String action;

    @Nullable
    String outcome;

    @Nullable
    String user;

    @Nullable
    String cluster;

    @Nullable
    String project;

    @Nullable
    String request;

    /** Reads the object on whose opening brace the parser stands: an envelope, or a notification without one. */
    CadfFields read(JsonParser json) throws IOException {
        object(json, this::message);
        return this;
    }

    private void message(JsonParser json, String key) throws IOException {
        switch (key) {
            case "oslo.version" -> osloVersion = text(json);
            case "oslo.message" -> osloMessage = text(json);
            case "event_type" -> eventType = text(json);
            case "payload" -> object(json, this::payload);
            // Flat over RabbitMQ, nested over Kafka.
            case "_context_request_id" -> request = text(json);
            case "_context" -> object(json, this::context);
            default -> {}
        }
    }

    private void context(JsonParser json, String key) throws IOException {
        if (key.equals("request_id")) {
            request = text(json);
        }
    }

    private void payload(JsonParser json, String key) throws IOException {
        switch (key) {
            case "action" -> action = text(json);
            case "outcome" -> outcome = text(json);
            case "initiator" -> object(json, this::initiator);
            case "target" -> object(json, this::target);
            default -> {}
        }
    }

    private void initiator(JsonParser json, String key) throws IOException {
        // Not `id`: that one is made up for every event.
        if (key.equals("user_id")) {
            user = text(json);
        }
    }

    private void target(JsonParser json, String key) throws IOException {
        switch (key) {
            case "id" -> cluster = text(json);
            case "attachments" -> firstOf(json, this::attachment);
            default -> {}
        }
    }

    private void attachment(JsonParser json, String key) throws IOException {
        if (key.equals("content")) {
            object(json, this::content);
        }
    }

    private void content(JsonParser json, String key) throws IOException {
        // Not the initiator's project: an administrator acts from a project of their own.
        if (key.equals("project_id")) {
            project = text(json);
        }
    }

    /** What is done at one key of an object, with the parser on its value. What it leaves unread is skipped. */
    @FunctionalInterface
    private interface AtKey {
        void read(JsonParser json, String key) throws IOException;
    }

    /** Walks an object's keys. Anything but an object has none. */
    private static void object(JsonParser json, AtKey each) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            var key = json.currentName();
            json.nextToken();
            each.read(json, key);
            json.skipChildren();
        }
    }

    /** Walks the keys of an array's first element, if it is an object, and skips the others. */
    private static void firstOf(JsonParser json, AtKey each) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY || json.nextToken() == JsonToken.END_ARRAY) {
            return;
        }
        object(json, each);
        do {
            json.skipChildren();
        } while (json.nextToken() != JsonToken.END_ARRAY);
    }

    private static @Nullable String text(JsonParser json) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING -> json.getText();
            case VALUE_NULL -> null;
            case null, default -> "";
        };
    }
}
