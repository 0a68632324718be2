package lanyard.common.kafka;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.Consumer;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Whether this replica has come into its group on every channel. One that is not let in, or may not read, never does, though it is
 * connected again and again. Whether it is still there later says a metric: a group in which another member stands still is no reason
 * for this one to serve nobody.
 */
@Readiness
@ApplicationScoped
class GroupHealth implements HealthCheck {
    private final KafkaClientService clients;

    GroupHealth(KafkaClientService clients) {
        this.clients = clients;
    }

    @Override
    public HealthCheckResponse call() {
        var outside = clients.getConsumerChannels().stream()
                .filter(channel -> !hasJoined(channel))
                .sorted()
                .toList();
        return HealthCheckResponse.named("kafka-group")
                .withData("outside", String.join(",", outside))
                .status(outside.isEmpty())
                .build();
    }

    private boolean hasJoined(String channel) {
        return clients.getConsumers(channel).stream().allMatch(client -> hasJoined(client.unwrap()));
    }

    private static boolean hasJoined(Consumer<?, ?> consumer) {
        return consumer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("rebalance-total"))
                .allMatch(metric -> ((Number) metric.getValue().metricValue()).doubleValue() > 0);
    }
}
