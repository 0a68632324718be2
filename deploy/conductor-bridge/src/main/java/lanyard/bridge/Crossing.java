package lanyard.bridge;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeoutException;
import lanyard.bridge.KafkaTopics.Sent;
import org.jboss.logging.Logger;

/**
 * A stretch of carrying: one consumer on one channel, until anything goes wrong with either side.
 *
 * <p>Messages are sent in the order in which RabbitMQ gives them, without waiting for each other, and each is acknowledged once Kafka has
 * it. What is not acknowledged when the channel ends is RabbitMQ's again, and comes with the next crossing, perhaps a second time. So
 * there is no other way to try again than to end the crossing. An acknowledgement belongs to the channel that the message came by; on
 * another one it would stand for another message.
 */
final class Crossing {
    private static final Logger LOG = Logger.getLogger(Crossing.class);

    private final Channel channel;
    private final Routes routes;
    private final KafkaTopics kafka;
    private final Tally tally;
    private final Runnable whenChanged;
    /** What Kafka does not have yet, by its delivery tag, which counts up: since when. */
    private final NavigableMap<Long, Long> carried = new ConcurrentSkipListMap<>();

    private volatile boolean over;

    Crossing(Connection rabbit, Routes routes, KafkaTopics kafka, Tally tally, Runnable whenChanged)
            throws IOException {
        this.channel = BridgeQueue.channel(rabbit);
        this.routes = routes;
        this.kafka = kafka;
        this.tally = tally;
        this.whenChanged = whenChanged;
    }

    void begin(String queue, int prefetch) throws IOException {
        channel.addShutdownListener(signal -> end());
        channel.basicQos(prefetch);
        channel.basicConsume(queue, false, (consumer, message) -> take(message), consumer -> end());
    }

    /** Whether it has ended: nothing more is taken, but some may still be under way to Kafka. */
    boolean isOver() {
        return over;
    }

    int carried() {
        return carried.size();
    }

    /** For how long the oldest of them has been carried; zero if there is none. */
    Duration oldest() {
        var first = carried.firstEntry();
        return first == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - first.getValue());
    }

    /** Takes nothing more. */
    void end() {
        over = true;
        whenChanged.run();
    }

    /** Gives back to RabbitMQ what is not acknowledged. */
    void close() {
        end();
        try {
            channel.close();
        } catch (IOException | TimeoutException | ShutdownSignalException e) {
            LOG.debugf("the channel was closed already: %s", e.getMessage());
        }
    }

    private void take(Delivery message) {
        if (over) {
            return;
        }
        var tag = message.getEnvelope().getDeliveryTag();
        var topic = routes.topic(message.getEnvelope().getRoutingKey());
        carried.put(tag, System.nanoTime());
        kafka.send(topic, ClusterKey.of(message.getBody()), message.getBody(), sent -> land(tag, topic, sent));
    }

    private void land(long tag, String topic, Sent sent) {
        try {
            switch (sent) {
                case Sent.Taken() -> {
                    channel.basicAck(tag, false);
                    tally.moved(topic);
                }
                case Sent.Refused(var why) -> {
                    channel.basicReject(tag, false);
                    tally.deadLettered(topic);
                    LOG.warnf("a message for %s became a dead letter: %s", topic, why);
                }
                case Sent.Failed() -> end();
            }
        } catch (IOException | ShutdownSignalException e) {
            LOG.debugf("what %s has comes again, since RabbitMQ is away: %s", topic, e.getMessage());
            end();
        } finally {
            carried.remove(tag);
            if (over) {
                whenChanged.run();
            }
        }
    }
}
