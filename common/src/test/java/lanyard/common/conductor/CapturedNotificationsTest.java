package lanyard.common.conductor;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lanyard.common.conductor.ClusterNotification.Outcome;
import org.junit.jupiter.api.Test;

/** What a real Magnum said is understood as what it meant, line by line. */
class CapturedNotificationsTest {
    private static final String PROJECT = "ba5717e041c54c59af754c97ebfddafb";
    private static final String OWNER = "7de020f4013d4f81bb080153325bff93";
    private static final Pattern TARGET =
            Pattern.compile("\\\\\"target\\\\\": \\{\\\\\"id\\\\\": \\\\\"([^\\\\]+)\\\\\"");

    /** The life of the cluster of each scenario, as it was lived when the captures were made: the same over both transports. */
    private static final Map<String, List<String>> LIVES = Map.of(
            "life",
            List.of(
                    "create pending by owner",
                    "create success",
                    "update pending",
                    "update success",
                    "update pending",
                    "update success",
                    "delete pending",
                    "delete success"),
            "deleted-by-other-member",
            List.of("create pending by owner", "create success", "delete pending", "delete success"),
            "create-fails-in-conductor",
            List.of("create pending by owner", "create failure by owner", "delete pending", "delete success"),
            "create-fails-at-poll",
            List.of("create pending by owner", "create failure", "delete pending", "delete success"),
            "trust-refused-appcred",
            List.of("create failure by owner", "delete pending", "delete success"),
            "update-while-creating",
            List.of("create pending by owner", "update failure", "create success", "delete pending", "delete success"),
            "update-fails-at-poll",
            List.of(
                    "create pending by owner",
                    "create success",
                    "update pending",
                    "update failure",
                    "delete pending",
                    "delete success"),
            "delete-fails-once",
            List.of(
                    "create pending by owner",
                    "create success",
                    "delete pending",
                    "delete failure",
                    "delete pending",
                    "delete success"),
            "delete-async-fails-once",
            List.of(
                    "create pending by owner",
                    "create success",
                    "delete pending",
                    "delete failure",
                    "delete pending",
                    "delete success"),
            "deleted-while-creating",
            List.of("create pending by owner", "delete pending", "delete success"));

    @Test
    void overRabbitMqEveryClusterLivesTheLifeOfItsScenario() {
        assertThat(lives(Capture.rabbit())).isEqualTo(LIVES);
    }

    @Test
    void overKafkaEveryClusterLivesTheLifeOfItsScenario() {
        assertThat(lives(Capture.kafka())).isEqualTo(LIVES);
    }

    @Test
    void twoConductorsTellSomeResultsTwice() {
        var once = List.of(
                "create pending by owner",
                "create success",
                "update pending",
                "update success",
                "delete pending",
                "delete success");
        var createdTwice = List.of(
                "create pending by owner",
                "create success",
                "create success",
                "update pending",
                "update success",
                "delete pending",
                "delete success");
        assertThat(lives(Capture.twoConductors()))
                .isEqualTo(Map.of(
                        "dup0", once,
                        "dup1", once,
                        "dup2", createdTwice,
                        "dup3", once,
                        "dup4", createdTwice,
                        "dup5", once));
    }

    @Test
    void everyNotificationNamesItsClusterAndProject() {
        assertThat(Capture.all()).hasSize(136).allSatisfy(capture -> {
            var notification = understood(capture);

            var target = TARGET.matcher(capture.text());
            assertThat(target.find()).isTrue();
            assertThat(notification.cluster()).isEqualTo(target.group(1));
            assertThat(notification.project()).isEqualTo(PROJECT);
        });
    }

    @Test
    void failuresAndNothingElseCameAsErrors() {
        assertThat(Capture.all())
                .allSatisfy(capture -> assertThat(understood(capture).outcome() == Outcome.FAILURE)
                        .isEqualTo(capture.channel().equals("notifications.error")));
    }

    @Test
    void aBridgeMayTakeTheEnvelopeOff() {
        assertThat(Capture.all()).allSatisfy(capture -> {
            var message = Notification.json(capture.text()).get("oslo.message").textValue();

            var bare = NotificationParser.parse(Notification.bytes(Notification.json(message)));

            assertThat(bare).isEqualTo(NotificationParser.parse(capture.body()));
        });
    }

    private static Map<String, List<String>> lives(List<Capture> captures) {
        var clusters = captures.stream()
                .collect(
                        groupingBy(Capture::scenario, mapping(c -> understood(c).cluster(), toList())));
        assertThat(clusters.values())
                .allSatisfy(ids -> assertThat(ids.stream().distinct()).hasSize(1));
        return captures.stream()
                .collect(groupingBy(
                        Capture::scenario, LinkedHashMap::new, mapping(c -> inWords(understood(c)), toList())));
    }

    @Test
    void everyNotificationNamesTheRequestThatItWasToldIn() {
        // Flat over RabbitMQ, nested over Kafka; some results of the periodic task come without one.
        for (var captures : List.of(Capture.rabbit(), Capture.kafka(), Capture.twoConductors())) {
            assertThat(captures.stream().map(capture -> NotificationParser.parse(capture.body())))
                    .allSatisfy(parsed ->
                            assertThat(((Parsed.Cluster) parsed).request()).matches("req-[0-9a-f-]{36}"));
        }
    }

    private static String inWords(ClusterNotification notification) {
        var owner = notification.owner();
        if (owner != null) {
            assertThat(owner).isEqualTo(OWNER);
        }
        return "%s %s%s"
                .formatted(notification.action(), notification.outcome(), owner == null ? "" : " by owner")
                .toLowerCase(Locale.ROOT);
    }

    private static ClusterNotification understood(Capture capture) {
        assertThat(NotificationParser.parse(capture.body())).isInstanceOf(Parsed.Cluster.class);
        return ((Parsed.Cluster) NotificationParser.parse(capture.body())).notification();
    }
}
