package lanyard.common.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The published schemas say what the code does. */
class EventSchemasTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Values that are wrong nearly everywhere, and that schema and code must agree about where they are not. */
    private static final List<JsonNode> ODD = List.of(
            NODES.nullNode(),
            NODES.numberNode(7),
            NODES.numberNode(-1),
            NODES.numberNode(1.5),
            NODES.numberNode(1_000_001),
            NODES.booleanNode(true),
            NODES.textNode(""),
            NODES.textNode("7"),
            NODES.textNode("two words"),
            NODES.textNode("two\nlines"),
            NODES.textNode("ÄÖÜ"),
            NODES.textNode("x".repeat(70_000)),
            NODES.arrayNode(),
            NODES.arrayNode().add("x"),
            NODES.arrayNode().add(NODES.objectNode()),
            NODES.objectNode());

    /** Where the code reads what no event has: newer words, messages that it makes legible, null for what is optional. */
    private static final Set<String> CODE_IS_KINDER = Set.of(
            "credential.provisioned/data/trustee",
            "credential.provisioned/data/grants/0/trustee",
            "credential.provisioned/data/grants/1/trustee",
            "token.refused/data/purpose",
            "token.refused/data/credential",
            "credential.failed/data/project",
            "credential.failed/data/reason",
            "credential.failed/data/message",
            "credential.revoked/data/trustee",
            "sweep.finished/data/request",
            "sweep.finished/data/message",
            "sweep.finished/data/outcome",
            "sweep.finished/data/orphans/0/kind",
            "sweep.finished/data/orphans/0/fate",
            "sweep.finished/data/orphans/1/kind",
            "sweep.finished/data/orphans/1/fate",
            "token.issued/data/source");

    @Test
    void everyTypeHasASchemaAndTheEnvelopeHasOne() {
        var types = Samples.all().map(e -> CloudEvent.dataschema(e.type())).collect(Collectors.toSet());
        types.add("urn:lanyard:cloudevent:1");

        assertThat(EventSchemas.all().keySet()).isEqualTo(types);
    }

    @Test
    void whatIsWrittenWithItsPlaceInATraceIsValid() throws IOException {
        var place = new TraceParent(Samples.REVOKED.cluster(), "00f067aa0ba902b7");
        var traced = EventCodec.write(Samples.REVOKED, Samples.ID, Samples.SOURCE, Samples.TIME, place);
        EventSchemas.assertValid(traced);
        assertDescribes(schema("urn:lanyard:cloudevent:1"), JSON.readTree(traced));
    }

    @ParameterizedTest
    @MethodSource("lanyard.common.events.Samples#all")
    void whatIsWrittenIsValid(CredentialEvent event) {
        EventSchemas.assertValid(Samples.written(event));
    }

    @ParameterizedTest
    @MethodSource("lanyard.common.events.Samples#all")
    void schemaAndCodeAgreeOnWhatIsBroken(CredentialEvent event) throws IOException {
        var genuine = (ObjectNode) JSON.readTree(Samples.written(event));
        int refused = 0;
        for (var place : places(genuine, JsonPointer.empty())) {
            for (var odd : ODD) {
                if ((odd.isTextual() || odd.isNull()) && CODE_IS_KINDER.contains(event.type() + place)) {
                    continue;
                }
                refused += agreeOn(
                        replaced(genuine, place, odd),
                        place + " = " + odd.toString().transform(EventSchemasTest::shortened));
            }
            if (place.last().getMatchingIndex() < 0) {
                refused += agreeOn(removed(genuine, place), "no " + place);
            }
        }

        assertThat(refused).isGreaterThan(100);
    }

    @ParameterizedTest
    @MethodSource("lanyard.common.events.Samples#all")
    void everyFieldOfAnEventIsDescribed(CredentialEvent event) throws IOException {
        var genuine = JSON.readTree(Samples.written(event));
        var envelope = schema("urn:lanyard:cloudevent:1");
        var data = schema(CloudEvent.dataschema(event.type()));

        assertDescribes(envelope, genuine);
        assertDescribes(data, genuine.get("data"));
    }

    @Test
    void theExamplesAreGoodOnes() {
        for (var schema : EventSchemas.all().values()) {
            var examples = schema.getSchemaNode().path("examples");
            assertThat(examples).isNotEmpty();
            assertThat(examples)
                    .allSatisfy(example -> assertThat(schema.validate(example)).isEmpty());
        }
    }

    /** One if both refuse the event, none if both take it; and a failure if they disagree. */
    private static int agreeOn(JsonNode event, String change) {
        var body = event.toString().getBytes(StandardCharsets.UTF_8);
        var faults = EventSchemas.faults(body);
        assertThat(EventCodec.read(body) instanceof Read.Event)
                .as("%s: the schema says '%s', the code %s", change, faults, EventCodec.read(body))
                .isEqualTo(faults.isEmpty());
        return faults.isEmpty() ? 0 : 1;
    }

    private static List<JsonPointer> places(JsonNode node, JsonPointer at) {
        var places = new ArrayList<JsonPointer>();
        if (node.isObject()) {
            node.properties().forEach(field -> {
                places.add(at.appendProperty(field.getKey()));
                places.addAll(places(field.getValue(), at.appendProperty(field.getKey())));
            });
        } else {
            for (int i = 0; i < node.size(); i++) {
                places.add(at.appendIndex(i));
                places.addAll(places(node.get(i), at.appendIndex(i)));
            }
        }
        return places;
    }

    private static ObjectNode replaced(ObjectNode event, JsonPointer place, JsonNode odd) {
        var copy = event.deepCopy();
        switch (copy.at(place.head())) {
            case ObjectNode parent -> parent.set(place.last().getMatchingProperty(), odd);
            case ArrayNode parent -> parent.set(place.last().getMatchingIndex(), odd);
            default -> throw new IllegalStateException();
        }
        return copy;
    }

    private static ObjectNode removed(ObjectNode event, JsonPointer place) {
        var copy = event.deepCopy();
        ((ObjectNode) copy.at(place.head())).remove(place.last().getMatchingProperty());
        return copy;
    }

    private static void assertDescribes(JsonNode schema, JsonNode value) {
        if (value.isObject() && schema.has("properties")) {
            value.properties().forEach(field -> {
                var property = schema.at("/properties/" + field.getKey());
                assertThat(property.path("description").asText())
                        .as("the description of %s", field.getKey())
                        .isNotBlank();
                assertDescribes(property, field.getValue());
            });
        }
        if (value.isArray() && schema.at("/items/properties").isObject()) {
            value.forEach(element -> assertDescribes(schema.get("items"), element));
        }
    }

    private static JsonNode schema(String id) {
        return EventSchemas.all().get(id).getSchemaNode();
    }

    private static String shortened(String text) {
        return text.length() < 40 ? text : text.substring(0, 40) + "...";
    }
}
