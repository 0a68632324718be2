package lanyard.bridge;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster a body is about: {@code payload.target.id} of the notification in oslo.messaging's envelope, if that is a UUID.
 *
 * <p>It decides nothing but the partition. So it never fails: a body in which there is no such id, or that can't be read, has no key, and
 * goes to Kafka all the same, where the services judge it.
 */
final class ClusterKey {
    /** What is longer is not looked into: no service reads it. Captured notifications have about 3 KB. */
    static final int LARGEST_BODY = 1 << 20;

    /** Captured notifications nest 7 deep. */
    private static final int DEEPEST = 32;

    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            // A symbol table would be filled by whoever sends.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(LARGEST_BODY)
                    .maxStringLength(LARGEST_BODY)
                    .maxNestingDepth(DEEPEST)
                    .build())
            .build();

    private ClusterKey() {}

    /** The cluster's UUID in lower case; null if the body names none. */
    static @Nullable String of(byte[] body) {
        if (body.length > LARGEST_BODY) {
            return null;
        }
        try {
            var message = text(body, "oslo.message");
            var id = message == null ? null : text(message, "payload", "target", "id");
            var canonical = id == null ? "" : id.toLowerCase(Locale.ROOT);
            return UUID.matcher(canonical).matches() ? canonical : null;
        } catch (IOException | RuntimeException e) {
            // Not JSON, cut off, too deep; or a bug of the parser's, which must not cost the message.
            return null;
        }
    }

    private static @Nullable String text(byte[] json, String key) throws IOException {
        try (var parser = JSON.createParser(json)) {
            return text(parser, key);
        }
    }

    private static @Nullable String text(String json, String... path) throws IOException {
        try (var parser = JSON.createParser(json)) {
            return text(parser, path);
        }
    }

    /** The text at the end of a path of keys. What is beside the path is skipped and never built. */
    private static @Nullable String text(JsonParser json, String... path) throws IOException {
        json.nextToken();
        for (var key : path) {
            if (!enter(json, key)) {
                return null;
            }
        }
        return json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : null;
    }

    /** Goes from an object's opening brace to the value of one of its keys, if it is there. */
    private static boolean enter(JsonParser json, String key) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean found = json.currentName().equals(key);
            json.nextToken();
            if (found) {
                return true;
            }
            json.skipChildren();
        }
        return false;
    }
}
