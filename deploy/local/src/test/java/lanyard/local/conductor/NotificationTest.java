package lanyard.local.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.local.keystone.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationTest {
    private static final Instant NOW = Instant.parse("2026-12-01T08:09:10.123456Z");
    private static final Named PROJECT = new Named("0123456789abcdef0123456789abcdef", "web \"shop\" ü");
    private static final Named OWNER = new Named("fedcba9876543210fedcba9876543210", "owner");
    private static final UUID CLUSTER = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final ToldCluster TOLD =
            new ToldCluster(CLUSTER, "swarm-1", PROJECT, OWNER, Map.of("kube_tag", "v1.33.1", "a", "b"));

    static Stream<Arguments> every() {
        return Stream.of(Action.values())
                .flatMap(action -> Stream.of(Outcome.values()).map(outcome -> Arguments.of(action, outcome)));
    }

    @ParameterizedTest
    @MethodSource("every")
    void keepsEveryKeyOfTheRecordedBody(Action action, Outcome outcome) {
        var recorded = Notification.message(Notification.recorded(action.word() + "-" + outcome.word()));
        var emitted = message(Notification.ofConductor(action, outcome, TOLD, NOW));

        var keys = keys(recorded);
        assertThat(keys).contains("payload.target.attachments.0.content.docker_volume_size:");
        assertThat(keys(emitted)).containsAll(keys).hasSize(keys.size() + 1).contains(LABELS + ".a");
    }

    private static final String LABELS = "payload.target.attachments.0.content.labels";

    @ParameterizedTest
    @MethodSource("every")
    void tellsOfThisClusterAndOfNoneThatWasRecorded(Action action, Outcome outcome) {
        var emitted = Notification.ofConductor(action, outcome, TOLD, NOW);
        var message = message(emitted);
        var payload = message.path("payload");
        var content = payload.at("/target/attachments/0/content");

        assertThat(message.path("event_type").asText()).isEqualTo("magnum.cluster." + action.word());
        assertThat(message.path("priority").asText()).isEqualTo(outcome == Outcome.FAILURE ? "ERROR" : "INFO");
        assertThat(message.path("timestamp").asText()).isEqualTo("2026-12-01 08:09:10.123456");
        assertThat(payload.path("eventTime").asText()).isEqualTo("2026-12-01T08:09:10.123456+0000");
        assertThat(payload.path("action").asText()).isEqualTo(action.word());
        assertThat(payload.path("outcome").asText()).isEqualTo(outcome.word());
        assertThat(payload.at("/target/id").asText()).isEqualTo(CLUSTER.toString());
        assertThat(payload.at("/target/name").asText()).isEqualTo("swarm-1");
        assertThat(content.path("project_id").asText()).isEqualTo(PROJECT.id());
        assertThat(content.at("/labels/kube_tag").asText()).isEqualTo("v1.33.1");
        assertThat(emitted.body())
                .doesNotContain("7de020f4013d4f81bb080153325bff93")
                .doesNotContain("ba5717e041c54c59af754c97ebfddafb")
                .doesNotContain("913b9b74-c3ab-420c-90b4-1b22c1911a93")
                .doesNotContain("mlab");
    }

    @ParameterizedTest
    @EnumSource(Action.class)
    void theInitiatorIsKnownWhilePendingAndNeverInAResult(Action action) {
        var pending = message(Notification.ofConductor(action, Outcome.PENDING, TOLD, NOW));
        assertThat(pending.at("/payload/initiator/user_id").asText()).isEqualTo(OWNER.id());
        assertThat(pending.at("/payload/initiator/project_id").asText()).isEqualTo(PROJECT.id());
        assertThat(pending.at("/_context/user_identity").asText())
                .isEqualTo(OWNER.id() + " " + PROJECT.id() + " default - -");
        assertThat(pending.at("/_context/project_name").asText()).isEqualTo(PROJECT.name());

        for (var result : new Outcome[] {Outcome.SUCCESS, Outcome.FAILURE}) {
            var message = message(Notification.ofConductor(action, result, TOLD, NOW));
            assertThat(message.at("/payload/initiator").has("user_id")).isFalse();
            assertThat(message.at("/payload/initiator").has("project_id")).isFalse();
            assertThat(message.at("/_context/user").isNull()).isTrue();
            assertThat(message.at("/_context/user_identity").asText()).isEqualTo("- - - - -");
        }
    }

    @Test
    void resultsThatFailedGoToTheErrorTopic() {
        assertThat(Notification.ofConductor(Action.CREATE, Outcome.FAILURE, TOLD, NOW)
                        .topic())
                .isEqualTo("notifications.error");
        assertThat(Notification.ofConductor(Action.CREATE, Outcome.SUCCESS, TOLD, NOW)
                        .topic())
                .isEqualTo("notifications.info");
    }

    @Test
    void idsAreFreshEveryTime() {
        var one = message(Notification.ofConductor(Action.CREATE, Outcome.PENDING, TOLD, NOW));
        var other = message(Notification.ofConductor(Action.CREATE, Outcome.PENDING, TOLD, NOW));
        for (var pointer :
                new String[] {"/message_id", "/payload/id", "/_context/request_id", "/payload/initiator/id"}) {
            assertThat(one.at(pointer).asText())
                    .isNotEmpty()
                    .isNotEqualTo(other.at(pointer).asText());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create-pending",
                "create-success",
                "update-failure",
                "delete-success",
                "other-nova",
                "other-keystone"
            })
    void writesByteForByteAsPythonDoes(String recorded) throws Exception {
        try (var in = getClass().getResourceAsStream("/lanyard/local/notifications/" + recorded + ".json")) {
            var body = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            var envelope = (ObjectNode) PythonJson.read(body);
            assertThat(Notification.enclosed(envelope, Notification.message(envelope)))
                    .isEqualTo(body);
        }
    }

    @Test
    void otherServicesAreNoConductor() {
        for (int number = 0; number < 6; number++) {
            var other = Notification.ofAnotherService(number, NOW);
            assertThat(other.body()).contains("2026-12-01 08:09:10.123456").doesNotContain("magnum");
            assertThat(message(other).path("payload").isObject()).isTrue();
        }
    }

    private static JsonNode message(Notification notification) {
        return PythonJson.read(
                PythonJson.read(notification.body()).path("oslo.message").asText());
    }

    private static Set<String> keys(JsonNode node) {
        var keys = new TreeSet<String>();
        collect("", node, keys);
        return keys;
    }

    private static void collect(String at, JsonNode node, Set<String> keys) {
        node.fieldNames().forEachRemaining(name -> {
            keys.add(at + name);
            collect(at + name + ".", node.path(name), keys);
        });
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            collect(at + i + ".", node.path(i), keys);
        }
    }
}
