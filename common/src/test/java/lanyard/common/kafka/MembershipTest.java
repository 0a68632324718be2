package lanyard.common.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

class MembershipTest {
    @Test
    void eachChannelOfAReplicaIsAMemberOfItsOwn() {
        assertThat(told(Optional.of("provisioner-0"), "credentials", "key.deserializer"))
                .containsEntry("group.instance.id", "provisioner-0-credentials");
        assertThat(told(Optional.of("provisioner-0"), "notifications", "key.deserializer"))
                .containsEntry("group.instance.id", "provisioner-0-notifications");
    }

    @Test
    void aReplicaWithoutANameIsAMemberAsLongAsItRuns() {
        assertThat(told(Optional.empty(), "credentials", "key.deserializer")).doesNotContainKey("group.instance.id");
    }

    @Test
    void aProducerIsAMemberOfNothing() {
        assertThat(told(Optional.of("provisioner-0"), "outbox", "key.serializer"))
                .doesNotContainKey("group.instance.id");
    }

    private static Map<String, Object> told(Optional<String> replica, String channel, String setting) {
        return new Membership(replica)
                .customize(channel, ConfigProvider.getConfig(), new HashMap<>(Map.of(setting, "of a library")));
    }
}
