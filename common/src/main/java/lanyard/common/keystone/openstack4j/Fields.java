package lanyard.common.keystone.openstack4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Reads what must be in an answer of Keystone's; an answer without it is {@link Failed}. */
final class Fields {
    private Fields() {}

    /** A text of {@code object}, which is {@code what}. */
    static String text(JsonNode object, String field, String what) {
        var value = object.path(field);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw Failed.malformed(what);
        }
        return value.textValue();
    }

    /** A time, which is part of {@code what}. */
    static Instant time(JsonNode field, String what) {
        try {
            return OffsetDateTime.parse(field.asText()).toInstant();
        } catch (DateTimeParseException e) {
            throw Failed.malformed(what);
        }
    }

    /** The objects of a list within {@code object}, which is {@code what}. */
    static Stream<JsonNode> each(JsonNode object, String field, String what) {
        var list = object.path(field);
        if (!list.isArray()) {
            throw Failed.malformed(what);
        }
        return StreamSupport.stream(list.spliterator(), false);
    }

    /** What openstack4j read, which takes a missing field for null. */
    static <T> T present(@Nullable T value, String what) {
        if (value == null) {
            throw Failed.malformed(what);
        }
        return value;
    }
}
