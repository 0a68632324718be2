package lanyard.bridge;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which topic the messages of a routing key go to. */
final class Routes {
    private final Map<String, String> topics = new LinkedHashMap<>();

    Routes(List<String> routingKeys, List<String> topics) {
        if (routingKeys.isEmpty() || routingKeys.size() != topics.size()) {
            throw new IllegalArgumentException(
                    "LANYARD_BRIDGE_ROUTING_KEYS has %d elements and LANYARD_TOPICS_NOTIFICATIONS %d: give a topic for each routing key"
                            .formatted(routingKeys.size(), topics.size()));
        }
        for (int i = 0; i < topics.size(); i++) {
            this.topics.put(routingKeys.get(i), topics.get(i));
        }
    }

    /**
     * Where a message goes. What has another key, because somebody moved it back from the dead letters or bound the queue once more, goes
     * to the first topic: the services read them all alike.
     */
    String topic(String routingKey) {
        return topics.getOrDefault(routingKey, topics.values().iterator().next());
    }
}
