package lanyard.tokenissuer;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventCodec;
import lanyard.common.settings.LanyardConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Tells the audit of every token that was handed out or refused.
 *
 * <p>It tells what happened and nobody acts on it, and there are thousands a second; so it does not go through the outbox, and no
 * client waits for a commit. An answer is given when its event is in line; where the line is full, no token is handed out. What Kafka
 * does not take in time goes to the log. Lost is what was in line when the process was killed, some tens of milliseconds' worth.
 */
@Singleton
public class AuditTrail {
    private static final Logger LOG = Logger.getLogger(AuditTrail.class);
    private static final int LONGEST_LINE = 20_000;

    /** Those that are in line are sent together so often. To wake a thread for each would cost the door more than its answer does. */
    private static final Duration GATHERING = Duration.ofMillis(20);

    private final BlockingQueue<Entry> line = new ArrayBlockingQueue<>(LONGEST_LINE);
    private final Map<String, Object> kafka;
    private final String topic;
    private final String source;
    private final InstantSource clock;
    private final Thread loop = Thread.ofPlatform().name("audit").daemon().unstarted(this::run);
    private volatile boolean running = true;

    AuditTrail(
            @Identifier("default-kafka-broker") Map<String, Object> broker,
            @ConfigProperty(name = "quarkus.application.name") String service,
            LanyardConfig lanyard,
            InstantSource clock,
            MeterRegistry metrics) {
        this.topic = lanyard.topics().audit();
        this.source = "/lanyard/" + service;
        this.clock = clock;
        this.kafka = new HashMap<>(broker);
        kafka.put(ProducerConfig.CLIENT_ID_CONFIG, "lanyard-audit");
        kafka.put(ProducerConfig.ACKS_CONFIG, "all");
        kafka.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        kafka.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 * 1024);
        kafka.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        kafka.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 60_000);
        kafka.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        kafka.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        metrics.gauge("lanyard.door.audit.waiting", line, BlockingQueue::size);
    }

    private record Entry(CredentialEvent event, Instant time) {}

    void start(@Observes StartupEvent event) {
        loop.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        running = false;
        loop.join(Duration.ofSeconds(10));
    }

    /** Puts an event in line; whether there was room. Never blocks. */
    public boolean tell(CredentialEvent event) {
        return line.offer(new Entry(event, clock.instant()));
    }

    private void run() {
        try (var producer = new KafkaProducer<>(kafka, new StringSerializer(), new ByteArraySerializer())) {
            var gathered = new ArrayList<Entry>(LONGEST_LINE);
            while (running || !line.isEmpty()) {
                var first = line.poll(200, TimeUnit.MILLISECONDS);
                if (first != null) {
                    send(producer, first);
                    Thread.sleep(GATHERING);
                    line.drainTo(gathered);
                    gathered.forEach(entry -> send(producer, entry));
                    gathered.clear();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(KafkaProducer<String, byte[]> producer, Entry entry) {
        var body = EventCodec.write(entry.event(), UUID.randomUUID().toString(), source, entry.time());
        try {
            producer.send(new ProducerRecord<>(topic, entry.event().cluster(), body), (done, failure) -> {
                if (failure != null) {
                    keep(body, failure);
                }
            });
        } catch (KafkaException e) {
            keep(body, e);
        }
    }

    /** There is no secret in it. */
    private static void keep(byte[] body, Exception failure) {
        LOG.warnf(
                "Kafka did not take this for the audit (%s): %s",
                failure.getMessage(), new String(body, StandardCharsets.UTF_8));
    }
}
