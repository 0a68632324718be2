package lanyard.common.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The published schemas of {@code docs/events}, for holding real events against them. */
public final class EventSchemas {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, JsonSchema> SCHEMAS = load();

    private EventSchemas() {}

    /** Fails unless the event is valid as a whole: its envelope, and its data by the schema that it names. */
    public static void assertValid(byte[] event) {
        assertThat(faults(event))
                .as("what its schemas find wrong with an event")
                .isEmpty();
    }

    /** What the schemas find wrong with an event; empty when it is valid. */
    static String faults(byte[] event) {
        try {
            var json = JSON.readTree(event);
            var envelope = schema("urn:lanyard:cloudevent:1").validate(json);
            if (!envelope.isEmpty()) {
                return inWords(envelope.stream());
            }
            return inWords(schema(json.path("dataschema").textValue()).validate(json.path("data")).stream());
        } catch (IOException e) {
            return "no JSON";
        }
    }

    /** All schemas by their id. */
    static Map<String, JsonSchema> all() {
        return SCHEMAS;
    }

    private static JsonSchema schema(String id) {
        assertThat(SCHEMAS).containsKey(id);
        return SCHEMAS.get(id);
    }

    private static String inWords(Stream<ValidationMessage> messages) {
        return messages.map(ValidationMessage::getMessage).collect(Collectors.joining("; "));
    }

    private static Map<String, JsonSchema> load() {
        var factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
        var config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        try (var files = Files.list(directory())) {
            return files.filter(file -> file.toString().endsWith(".schema.json"))
                    .map(EventSchemas::read)
                    .collect(Collectors.toMap(
                            json -> json.path("$id").asText(),
                            json -> factory.getSchema(json, config),
                            (a, b) -> {
                                throw new IllegalStateException("two schemas have the same $id");
                            },
                            TreeMap::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode read(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Modules lie at different depths below the folder that has {@code docs}. */
    private static Path directory() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            var events = at.resolve("docs").resolve("events");
            if (Files.isDirectory(events)) {
                return events;
            }
        }
        throw new IllegalStateException("docs/events is in no folder above the working directory");
    }
}
