package lanyard.common.intake;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.KafkaProducer;
import io.vertx.mutiny.sqlclient.Pool;
import java.util.List;
import java.util.Set;
import lanyard.common.outbox.Outbox;
import lanyard.common.tracing.Tracing;
import org.hibernate.reactive.mutiny.Mutiny;

/** Makes what the container makes elsewhere. */
public final class IntakeParts {
    /** There is no bus of Kafka's in a simulation, so there is nothing to commit. */
    private static final KafkaClientService NO_KAFKA = new KafkaClientService() {
        @Override
        public <K, V> List<KafkaConsumer<K, V>> getConsumers(String channel) {
            return List.of();
        }

        @Override
        public <K, V> KafkaProducer<K, V> getProducer(String channel) {
            throw new IllegalArgumentException(channel);
        }

        @Override
        public Set<String> getConsumerChannels() {
            return Set.of();
        }

        @Override
        public Set<String> getProducerChannels() {
            return Set.of();
        }
    };

    private IntakeParts() {}

    public static Intake intake(
            Mutiny.SessionFactory sessions, Outbox outbox, Pool database, MeterRegistry metrics, String service) {
        return new Intake(sessions, outbox, new Positions(database, NO_KAFKA), metrics, Tracing.OFF, service);
    }
}
