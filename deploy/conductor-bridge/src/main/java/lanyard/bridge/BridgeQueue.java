package lanyard.bridge;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import lanyard.bridge.BridgeConfig.Bridge;

/**
 * What the bridge has in RabbitMQ: a durable queue, bound to the conductor's exchange beside whatever others have bound to it, and behind
 * it a queue for what Kafka can never take.
 *
 * <p>Only one replica is given messages at a time (a single active consumer), so the order in which RabbitMQ has them is kept.
 */
final class BridgeQueue {
    /** RabbitMQ 4 gives up on a message after 20 returns unless it is told otherwise; the largest number that all releases take. */
    private static final int RETURNS = Integer.MAX_VALUE;

    private final Bridge bridge;

    /** How many messages are in the two queues, those that a replica holds not among them. */
    record Depths(int waiting, int dead) {}

    BridgeQueue(Bridge bridge) {
        this.bridge = bridge;
    }

    String name() {
        return bridge.queue();
    }

    String deadLetters() {
        return bridge.queue() + ".dead-letters";
    }

    /**
     * Makes what is not there. May be repeated at any time: an exchange that is not durable is gone with RabbitMQ's restart, and the
     * binding with it.
     *
     * <p>The exchange is the conductor's: it is made as the conductor would make it, and left alone if it is otherwise.
     *
     * @return how the exchange differs from the settings, if it does
     */
    Optional<IOException> declare(Connection rabbit) throws IOException, TimeoutException {
        var misfit = declareExchange(rabbit);
        try (var channel = channel(rabbit)) {
            channel.queueDeclare(
                    deadLetters(),
                    true,
                    false,
                    false,
                    arguments(Map.of("x-max-length-bytes", bridge.deadLetters().asLongValue())));
            channel.queueDeclare(
                    name(),
                    true,
                    false,
                    false,
                    arguments(Map.of(
                            "x-single-active-consumer",
                            true,
                            "x-dead-letter-exchange",
                            "",
                            "x-dead-letter-routing-key",
                            deadLetters())));
            for (var key : bridge.routingKeys()) {
                channel.queueBind(name(), bridge.exchange(), key);
            }
        }
        return misfit;
    }

    Depths depths(Connection rabbit) throws IOException, TimeoutException {
        try (var channel = channel(rabbit)) {
            return new Depths(
                    channel.queueDeclarePassive(name()).getMessageCount(),
                    channel.queueDeclarePassive(deadLetters()).getMessageCount());
        }
    }

    private Optional<IOException> declareExchange(Connection rabbit) throws IOException, TimeoutException {
        try (var channel = channel(rabbit)) {
            channel.exchangeDeclare(bridge.exchange(), "topic", bridge.exchangeDurable());
            return Optional.empty();
        } catch (IOException refused) {
            return switch (Closed.in(refused).map(Closed::code).orElse(0)) {
                case AMQP.PRECONDITION_FAILED -> Optional.of(refused);
                // Then it is for the conductor to make.
                case AMQP.ACCESS_REFUSED -> Optional.empty();
                default -> throw refused;
            };
        }
    }

    private Map<String, Object> arguments(Map<String, Object> own) {
        var arguments = new HashMap<>(own);
        arguments.put("x-queue-type", bridge.queueType().name().toLowerCase(Locale.ROOT));
        if (bridge.queueType() == BridgeConfig.QueueType.QUORUM) {
            arguments.put("x-delivery-limit", RETURNS);
        }
        return arguments;
    }

    /** A channel of its own for each errand: whatever RabbitMQ refuses, it closes the channel. */
    static Channel channel(Connection rabbit) throws IOException {
        return rabbit.openChannel()
                .orElseThrow(() -> new IOException("RabbitMQ gives this connection no more channels"));
    }
}
