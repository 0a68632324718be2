package lanyard.common.events;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.Shape.Misfit;
import org.jspecify.annotations.Nullable;

/** Times as RFC 3339 has them: text, with four digits to the year. Jackson's own module would take a number for a time, too. */
final class Rfc3339 {
    private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");
    private static final int LONGEST = 64;

    private Rfc3339() {}

    /** The time, if it can be written in RFC 3339. */
    static Instant require(String field, @Nullable Instant time) {
        var present = Shape.present(field, time);
        if (present.isBefore(FIRST) || !present.isBefore(AFTER_LAST)) {
            throw new Misfit(field + " is not in the years 0 to 9999");
        }
        return present;
    }

    /** The time that a text says. Any offset is taken (RFC 3339 knows them), and only UTC is written. */
    static Instant parse(String field, String text) {
        if (text.length() > LONGEST) {
            throw new Misfit(field + " is too long for a time in RFC 3339");
        }
        try {
            return require(field, Instant.parse(text));
        } catch (DateTimeException e) {
            throw new Misfit(field + " is not a time in RFC 3339");
        }
    }

    static SimpleModule module() {
        return new SimpleModule().addSerializer(new Writer()).addDeserializer(Instant.class, new Reader());
    }

    private static final class Writer extends StdScalarSerializer<Instant> {
        Writer() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant time, JsonGenerator json, SerializerProvider serializers) throws IOException {
            json.writeString(time.toString());
        }
    }

    private static final class Reader extends StdScalarDeserializer<Instant> {
        Reader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
                throw JsonMappingException.from(json, "not a text");
            }
            try {
                return parse("the text", json.getText());
            } catch (Misfit e) {
                throw JsonMappingException.from(json, "not a time", e);
            }
        }
    }
}
