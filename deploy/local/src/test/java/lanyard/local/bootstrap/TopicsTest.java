package lanyard.local.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lanyard.local.bootstrap.Topics.Topic;
import lanyard.local.stack.KafkaAccess;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On the stack's real Kafka. */
class TopicsTest {
    private final String kafka = StacksKeystone.environment("LANYARD_KAFKA");
    private final List<String> told = new ArrayList<>();
    private final Topics topics =
            new Topics(KafkaAccess.open(kafka), call -> told.add(call.what() + ": " + call.result()));
    private final Topic credentials = Topic.keeping("credentials-" + UUID.randomUUID(), 3, 1, 1, Duration.ofDays(30));
    private final Topic letters = Topic.keeping("letters-" + UUID.randomUUID(), 1, 1, 1, Duration.ofDays(30));

    @AfterEach
    void leave_nothing_behind() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
            var there = admin.listTopics().names().get();
            admin.deleteTopics(List.of(credentials.name(), letters.name()).stream()
                            .filter(there::contains)
                            .toList())
                    .all()
                    .get();
        }
    }

    @Test
    void topics_are_made_once_and_found_as_they_should_be() {
        assertThat(topics.run(List.of(credentials, letters), true)).isEqualTo(2);
        assertThat(topics.run(List.of(credentials, letters), false)).isEqualTo(2);
        told.clear();

        assertThat(topics.run(List.of(credentials, letters), false)).isZero();

        assertThat(told)
                .containsExactly(
                        "topic %s: was there".formatted(credentials.name()),
                        "topic %s: was there".formatted(letters.name()));
    }

    @Test
    void a_topic_that_is_not_as_it_should_be_is_told_and_left() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
            admin.createTopics(List.of(new NewTopic(letters.name(), 1, (short) 1)
                            .configs(Map.of("cleanup.policy", "compact", "retention.ms", "1000"))))
                    .all()
                    .get();
        }

        assertThat(topics.run(List.of(letters), false)).isZero();

        assertThat(told).singleElement().satisfies(line -> assertThat(line)
                .endsWith("was there, and is left as it is: cleanup.policy=compact, not delete;"
                        + " retention.ms=1000, not 2592000000"));
    }

    @Test
    void more_copies_than_there_are_brokers_is_said_with_what_to_do() {
        var three = Topic.keeping(letters.name(), 1, 3, 2, Duration.ofDays(1));

        assertThatThrownBy(() -> topics.run(List.of(three), false))
                .isInstanceOfSatisfying(
                        Trouble.class, trouble -> assertThat(trouble.whatToDo()).contains("--replication"));
    }
}
