package lanyard.bridge;

import com.rabbitmq.client.Connection;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lanyard.bridge.BridgeQueue.Depths;
import lanyard.bridge.Sides.Side;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the queue bound whatever Kafka does, and carries what is in it while Kafka is there.
 *
 * <p>One thread does both, and never waits for Kafka. The queue comes first: what the conductor sends while it is not bound is lost.
 * While Kafka is away nothing is taken out of the queue.
 */
@Singleton
class Bridge {
    private static final Logger LOG = Logger.getLogger(Bridge.class);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);
    /** For what is under way to Kafka, when the bridge is stopped. */
    private static final Duration LAST = Duration.ofSeconds(10);

    private static final int GOODBYE_MILLIS = 2_000;

    private final RabbitMqConnector rabbitMq;
    private final KafkaTopics kafka;
    private final BridgeQueue queue;
    private final Routes routes;
    private final int prefetch;
    private final Sides sides;
    private final Tally tally;
    private final Diagnosis diagnosis;

    private final Thread loop = Thread.ofPlatform().name("bridge").unstarted(this::run);
    /** Given whenever there is something for the thread to look at. */
    private final Semaphore news = new Semaphore(0);

    private volatile boolean stopping;
    private volatile @Nullable Crossing crossing;
    private volatile @Nullable Depths depths;

    Bridge(RabbitMqConnector rabbitMq, KafkaTopics kafka, BridgeConfig config, Sides sides, Tally tally) {
        this.rabbitMq = rabbitMq;
        this.kafka = kafka;
        this.queue = new BridgeQueue(config.bridge());
        this.routes = new Routes(config.bridge().routingKeys(), config.topics().notifications());
        this.prefetch = config.bridge().prefetch();
        this.sides = sides;
        this.tally = tally;
        this.diagnosis = new Diagnosis(config);
    }

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    /** Ends when all that was taken is on Kafka and acknowledged, or after {@link #LAST}: then RabbitMQ gives the rest to another. */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        news.release();
        loop.join(LAST.plus(RETRY).plusMillis(2 * GOODBYE_MILLIS));
    }

    boolean isAtWork() {
        return loop.isAlive();
    }

    Optional<Crossing> crossing() {
        return Optional.ofNullable(crossing);
    }

    /** What was in the queues when they were looked at last; nothing while RabbitMQ is away. */
    Optional<Depths> depths() {
        return Optional.ofNullable(depths);
    }

    private void run() {
        while (!stopping) {
            Connection connection = null;
            // Whoever looks at the health is told of both sides, whichever is away.
            kafka.look(news::release);
            try {
                connection = rabbitMq.connect();
                connection.addShutdownListener(signal -> news.release());
                stay(connection);
            } catch (IOException | TimeoutException | RuntimeException e) {
                sides.ill(Side.RABBITMQ, diagnosis.ofRabbitMq(e));
            } finally {
                leave(connection);
            }
            if (!stopping) {
                await(RETRY);
            }
        }
    }

    private void stay(Connection connection) throws IOException, TimeoutException {
        long nextLook = System.nanoTime();
        while (connection.isOpen() && !stopping) {
            if (System.nanoTime() - nextLook >= 0) {
                look(connection);
                nextLook = System.nanoTime() + LOOK.toNanos();
            }
            kafka.look(news::release);
            carry(connection);
            await(LOOK);
        }
        if (!stopping) {
            sides.ill(Side.RABBITMQ, diagnosis.ofRabbitMq(connection.getCloseReason()));
        }
    }

    /** Makes what is not there, and sees how much is waiting. */
    private void look(Connection connection) throws IOException, TimeoutException {
        queue.declare(connection)
                .ifPresentOrElse(
                        misfit -> sides.ill(Side.RABBITMQ, diagnosis.ofRabbitMq(misfit)),
                        () -> sides.well(Side.RABBITMQ));
        depths = queue.depths(connection);
    }

    /** Ends a crossing that is over, and begins another one once Kafka is there and nothing is under way any more. */
    private void carry(Connection connection) throws IOException {
        var last = crossing;
        if (last != null && last.isOver()) {
            last.close();
            crossing = null;
        }
        if (crossing == null) {
            kafka.settle();
            if (kafka.isReady() && kafka.isStill()) {
                var next = new Crossing(connection, routes, kafka, tally, news::release);
                crossing = next;
                next.begin(queue.name(), prefetch);
                tally.crossingBegan();
            }
        }
    }

    private void leave(@Nullable Connection connection) {
        depths = null;
        var last = crossing;
        if (last != null) {
            last.end();
            if (stopping) {
                finish(last);
            }
            last.close();
            crossing = null;
        }
        if (connection != null) {
            connection.abort(GOODBYE_MILLIS);
        }
    }

    private void finish(Crossing last) {
        long deadline = System.nanoTime() + LAST.toNanos();
        while (last.carried() > 0 && System.nanoTime() - deadline < 0) {
            await(RETRY);
        }
        if (last.carried() > 0) {
            LOG.warnf("%d messages were not on Kafka in time: RabbitMQ gives them to another replica", last.carried());
        }
    }

    private void await(Duration most) {
        try {
            if (news.tryAcquire(most.toMillis(), TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
