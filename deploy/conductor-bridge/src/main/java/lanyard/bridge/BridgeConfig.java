package lanyard.bridge;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;

/** What the bridge is told: where both sides are, and what it carries. */
@ConfigMapping(prefix = "lanyard")
interface BridgeConfig {
    /** Kafka's bootstrap servers, {@code host:port} separated by commas. */
    String kafka();

    /** The names of the topics. */
    Topics topics();

    /** The conductor's RabbitMQ. */
    RabbitMq rabbitmq();

    /** What is carried, and how. */
    Bridge bridge();

    /** The names of the topics. */
    interface Topics {
        /** Where the notifications go: one topic for each routing key, in the same order. */
        @WithDefault("notifications.info,notifications.error")
        List<String> notifications();
    }

    /** The conductor's RabbitMQ. */
    interface RabbitMq {
        /** {@code host:port} of its nodes. They are tried one after the other. */
        List<String> addresses();

        /** The bridge's own user. */
        String username();

        /** That user's password. */
        String password();

        /** The virtual host that the conductor's transport URL names. */
        @WithDefault("/")
        String virtualHost();

        /** Whether it is reached by TLS. */
        @WithDefault("false")
        boolean tls();
    }

    /** What is carried, and how. */
    interface Bridge {
        /** The conductor's {@code control_exchange}. */
        @WithDefault("magnum")
        String exchange();

        /** The conductor's {@code amqp_durable_queues}: how the exchange is made where the bridge is there before the conductor. */
        @WithDefault("false")
        boolean exchangeDurable();

        /** Under which routing keys the conductor sends. */
        @WithDefault("notifications.info,notifications.error")
        List<String> routingKeys();

        /** The bridge's own queue. All its replicas share it, and nobody else reads it. */
        @WithDefault("lanyard.notifications")
        String queue();

        /** {@code quorum} or {@code classic}. */
        @WithDefault("quorum")
        QueueType queueType();

        /** How many messages one replica holds at most that are not on Kafka yet. */
        @WithDefault("50")
        int prefetch();

        /** How many bytes of what Kafka can't take are kept, the newest. */
        @WithDefault("256M")
        MemorySize deadLetters();
    }

    /** How RabbitMQ keeps the queue. */
    enum QueueType {
        /** On several nodes. */
        QUORUM,
        /** On one node. */
        CLASSIC
    }
}
