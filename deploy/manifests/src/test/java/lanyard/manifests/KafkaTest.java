package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import io.strimzi.api.kafka.model.user.KafkaUserAuthorizationSimple;
import io.strimzi.api.kafka.model.user.acl.AclRule;
import io.strimzi.api.kafka.model.user.acl.AclRuleGroupResource;
import io.strimzi.api.kafka.model.user.acl.AclRuleTopicResource;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The topics and users that Strimzi makes. */
class KafkaTest {
    private static final Pattern CELLS = Pattern.compile("\\s*\\|\\s*");
    private static final List<String> NOTIFICATIONS = List.of("notifications.info", "notifications.error");

    private final Manifests strimzi = Manifests.of("strimzi");
    private final Manifests notifications = Manifests.of("strimzi/notifications");
    private final Manifests bridge = Manifests.of("strimzi/conductor-bridge");

    @Test
    void the_topics_are_those_that_the_services_use_unless_told_otherwise() {
        assertThat(strimzi.all(KafkaTopic.class)
                        .map(topic -> topic.getMetadata().getName()))
                .containsExactlyInAnyOrder("lanyard.credentials", "lanyard.audit", "lanyard.dead-letters");
        assertThat(notifications.all(KafkaTopic.class).map(topic -> topic.getMetadata()
                        .getName()))
                .containsExactlyInAnyOrderElementsOf(NOTIFICATIONS);
    }

    @Test
    void no_topic_is_compacted_and_each_is_kept_for_a_week_or_more_on_more_than_one_broker() {
        Stream.concat(strimzi.all(KafkaTopic.class), notifications.all(KafkaTopic.class))
                .forEach(topic -> {
                    assertThat(topic.getSpec().getConfig()).containsEntry("cleanup.policy", "delete");
                    var kept = Long.parseLong(
                            String.valueOf(topic.getSpec().getConfig().get("retention.ms")));
                    assertThat(Duration.ofMillis(kept)).isGreaterThanOrEqualTo(Duration.ofDays(7));
                    assertThat(topic.getSpec().getReplicas()).isEqualTo(3);
                    assertThat(topic.getSpec().getConfig()).containsEntry("min.insync.replicas", 2);
                });
    }

    @Test
    void each_shows_a_certificate_of_its_own_and_the_bridge_has_one_where_it_is_asked_for() {
        assertThat(strimzi.all(KafkaUser.class).map(user -> user.getMetadata().getName()))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(Settings.SERVICES.stream(), Stream.of("conductor", "operator"))
                                .map("lanyard-"::concat)
                                .toList());
        assertThat(bridge.all(KafkaUser.class).map(user -> user.getMetadata().getName()))
                .containsExactly("lanyard-" + Settings.BRIDGE);
        assertThat(users()).allSatisfy(user -> {
            assertThat(user.getSpec().getAuthentication().getType()).isEqualTo("tls");
            assertThat(user.getMetadata().getNamespace()).isEqualTo("kafka");
            assertThat(user.getMetadata().getLabels()).containsEntry("strimzi.io/cluster", "kafka");
        });
    }

    @Test
    void what_each_user_may_is_what_the_security_model_says() throws IOException {
        var documented = documented();
        assertThat(users())
                .extracting(user -> user.getMetadata().getName())
                .containsExactlyInAnyOrderElementsOf(documented.keySet());
        assertThat(users()).allSatisfy(user -> {
            var granted = ((KafkaUserAuthorizationSimple) user.getSpec().getAuthorization())
                    .getAcls().stream().flatMap(KafkaTest::rights).toList();
            assertThat(granted)
                    .as(user.getMetadata().getName())
                    .containsExactlyInAnyOrderElementsOf(
                            documented.get(user.getMetadata().getName()));
        });
    }

    private List<KafkaUser> users() {
        return Stream.concat(strimzi.all(KafkaUser.class), bridge.all(KafkaUser.class))
                .toList();
    }

    private static Stream<String> rights(AclRule rule) {
        var resource =
                switch (rule.getResource()) {
                    case AclRuleTopicResource topic -> topic.getPatternType() + " topic " + topic.getName();
                    case AclRuleGroupResource group -> group.getPatternType() + " group " + group.getName();
                    default -> throw new IllegalStateException("neither topic nor group");
                };
        return rule.getOperations().stream().map(operation -> operation + " " + resource);
    }

    /** Of the table under "Permissions to set up" (principals, topics or group, operations), by the user. */
    private static Map<String, Set<String>> documented() throws IOException {
        var rights = new TreeMap<String, Set<String>>();
        var document = Files.readString(Manifests.ROOT.resolve("docs/security.md"));
        document.substring(document.indexOf("\n### Kafka\n"), document.indexOf("\n### RabbitMQ\n"))
                .lines()
                .filter(line -> line.startsWith("| "))
                .skip(1)
                .map(line -> CELLS.split(line.substring(1).strip(), 0))
                // These users are those of a cloud with the bridge.
                .filter(cells -> !cells[2].contains("(unless the bridge does it"))
                .forEach(cells -> {
                    for (var principal : principals(cells[0])) {
                        for (var operation : cells[2].replaceAll(" \\(.*", "").split(", ")) {
                            for (var resource : resources(cells[1], principal)) {
                                rights.computeIfAbsent("lanyard-" + principal, user -> new TreeSet<>())
                                        .add(operation.toUpperCase(Locale.ROOT) + " LITERAL " + resource);
                            }
                        }
                    }
                });
        return rights;
    }

    private static List<String> principals(String cell) {
        return switch (cell) {
            case "each service" -> Settings.SERVICES;
            case "bridge" -> List.of(Settings.BRIDGE);
            case "nobody else" -> List.of();
            default -> cell.startsWith("an operator ") ? List.of("operator") : List.of(cell.split(", "));
        };
    }

    private static List<String> resources(String cell, String principal) {
        var name = cell.replace("`", "");
        if (name.equals("notifications.*")) {
            return NOTIFICATIONS.stream().map("topic "::concat).toList();
        }
        return List.of(name.startsWith("group ") ? name.replace("<service>", principal) : "topic " + name);
    }
}
