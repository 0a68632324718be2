package lanyard.common.kafka;

import io.smallrye.reactive.messaging.ClientCustomizer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.Optional;
import lanyard.common.settings.LanyardConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.eclipse.microprofile.config.Config;

/**
 * Makes a replica that has a name of its own a static member of its group: when it is back within the session's timeout, it has the
 * partitions that it had, and nobody else was given any. Each channel is a member by itself, and so has a name of its own.
 */
@ApplicationScoped
class Membership implements ClientCustomizer<Map<String, Object>> {
    private final Optional<String> replica;

    @Inject
    Membership(LanyardConfig lanyard) {
        this(lanyard.kafkaInstanceId());
    }

    Membership(Optional<String> replica) {
        this.replica = replica;
    }

    @Override
    public Map<String, Object> customize(String channel, Config channelConfig, Map<String, Object> client) {
        // A producer is a member of nothing.
        if (client.containsKey(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG)) {
            replica.ifPresent(name -> client.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, name + "-" + channel));
        }
        return client;
    }
}
