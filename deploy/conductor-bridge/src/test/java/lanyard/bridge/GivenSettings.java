package lanyard.bridge;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.util.List;

/** Settings as they are where an operator gives no more than has to be given. */
record GivenSettings(String password) implements BridgeConfig {
    @Override
    public String kafka() {
        return "kafka:9092";
    }

    @Override
    public Topics topics() {
        return () -> List.of("notifications.info", "notifications.error");
    }

    @Override
    public RabbitMq rabbitmq() {
        return new GivenRabbitMq(List.of("rabbit-1", "rabbit-2"), "bridge", password, "/", false);
    }

    @Override
    public Bridge bridge() {
        return new GivenBridge(
                "magnum",
                false,
                List.of("notifications.info", "notifications.error"),
                "lanyard.notifications",
                QueueType.QUORUM,
                50,
                new MemorySize(BigInteger.valueOf(1 << 28)));
    }

    private record GivenRabbitMq(
            List<String> addresses, String username, String password, String virtualHost, boolean tls)
            implements RabbitMq {}

    private record GivenBridge(
            String exchange,
            boolean exchangeDurable,
            List<String> routingKeys,
            String queue,
            QueueType queueType,
            int prefetch,
            MemorySize deadLetters)
            implements Bridge {}
}
