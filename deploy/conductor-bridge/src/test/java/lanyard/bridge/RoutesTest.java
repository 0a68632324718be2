package lanyard.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private final Routes routes = new Routes(List.of("n.info", "n.error"), List.of("infos", "errors"));

    @Test
    void eachRoutingKeyHasItsTopic() {
        assertThat(routes.topic("n.info")).isEqualTo("infos");
        assertThat(routes.topic("n.error")).isEqualTo("errors");
    }

    @Test
    void whatWasMovedBackFromTheDeadLettersGoesWhereItIsReadToo() {
        assertThat(routes.topic("lanyard.notifications")).isEqualTo("infos");
    }

    @Test
    void aRoutingKeyWithoutATopicIsRefusedAtTheStart() {
        assertThatThrownBy(() -> new Routes(List.of("n.info", "n.error"), List.of("infos")))
                .hasMessageContaining("LANYARD_BRIDGE_ROUTING_KEYS")
                .hasMessageContaining("LANYARD_TOPICS_NOTIFICATIONS");
    }
}
