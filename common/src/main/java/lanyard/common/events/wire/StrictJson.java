package lanyard.common.events.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** One JSON object out of bytes that nobody vouches for. */
public final class StrictJson {
    /** The longest body that is read, in bytes. Captured notifications have about 3 KB; Kafka's own default bound is 1 MiB. */
    public static final int LARGEST_BODY = 1 << 20;

    /** The deepest nesting that is read. Captured notifications nest 7 deep. */
    public static final int DEEPEST = 32;

    private static final int LONGEST_NUMBER = 64;
    private static final int LONGEST_KEY = 4096;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // A symbol table would be filled by whoever sends, and throws when too many of its hashes collide.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(LARGEST_BODY)
                    .maxStringLength(LARGEST_BODY)
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST_NUMBER)
                    .maxNameLength(LONGEST_KEY)
                    .build())
            .build();

    private StrictJson() {}

    /** What takes an object from a parser that stands on its opening brace, and leaves the parser on the closing one. */
    @FunctionalInterface
    public interface Reading<T> {
        T from(JsonParser json) throws IOException, Refusal;
    }

    /** The body as text, if it is UTF-8 of a bearable length. */
    public static String text(byte[] body) throws Refusal {
        if (body.length > LARGEST_BODY) {
            throw new Refusal(
                    Reason.TOO_LARGE,
                    "the body has %d bytes, more than %d are not read".formatted(body.length, LARGEST_BODY));
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refusal(Reason.NOT_UTF8, "the body of %d bytes is not UTF-8".formatted(body.length));
        }
    }

    /** Reads the one object that {@code text} must be: nothing may follow it. */
    public static <T> T read(String text, Reading<T> reading) throws Refusal {
        try (var json = JSON.createParser(text)) {
            return read(json, reading);
        } catch (IOException e) {
            throw new Refusal(Reason.NOT_JSON, "the text of %d characters can't be read".formatted(text.length()));
        }
    }

    private static <T> T read(JsonParser json, Reading<T> reading) throws IOException, Refusal {
        try {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new Refusal(Reason.BAD_ENVELOPE, "the message is not a JSON object");
            }
            var result = reading.from(json);
            if (json.nextToken() != null) {
                throw new Refusal(Reason.NOT_JSON, "something follows the JSON object, at " + place(json));
            }
            return result;
        } catch (StreamConstraintsException e) {
            throw json.getParsingContext().getNestingDepth() > DEEPEST
                    ? new Refusal(Reason.TOO_DEEP, "JSON nested deeper than %d, at %s".formatted(DEEPEST, place(json)))
                    : new Refusal(Reason.TOO_LARGE, "a key or a number is too long, at " + place(json));
        } catch (JsonProcessingException e) {
            // Jackson has no type of its own for this failure. Its messages quote the content: they may be looked at,
            // not kept.
            throw e.getOriginalMessage().startsWith("Duplicate field")
                    ? new Refusal(Reason.DUPLICATE_KEY, "an object has a key twice, at " + place(json))
                    : new Refusal(Reason.NOT_JSON, "not JSON, or cut off, at " + place(json));
        } catch (RuntimeException e) {
            // Not known to happen; but a parser's bug must cost one message, and not the partition behind it.
            throw new Refusal(Reason.NOT_JSON, "can't be read, at " + place(json));
        }
    }

    private static String place(JsonParser json) {
        return "character " + json.currentLocation().getCharOffset();
    }
}
