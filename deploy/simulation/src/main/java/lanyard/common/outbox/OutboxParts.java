package lanyard.common.outbox;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import lanyard.common.events.CredentialEvent;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.tracing.Tracing;
import lanyard.simulation.OutboxMessage;
import lanyard.simulation.Surroundings.Broker;
import lanyard.simulation.Surroundings.Tables;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/** Makes what the container makes elsewhere, and reads the outbox's rows. */
public final class OutboxParts {
    private OutboxParts() {}

    /** What is done to an event on its way into the outbox, by a seeded fault. */
    public interface Tampering {
        /** Whether it gets there at all. */
        boolean passes(CredentialEvent event);

        /** Whether dead letters do. */
        boolean passesDeadLetters();

        /** Sends an event after the commit, without an outbox; false where that is not the fault. */
        boolean bypasses(Runnable publication);
    }

    public static Outbox outbox(InstantSource clock, String service, LanyardConfig config) {
        return new Outbox(clock, service, config, Tracing.OFF);
    }

    /** An outbox with a seeded fault. */
    public static Outbox outbox(
            InstantSource clock, String service, LanyardConfig config, Broker broker, Tampering tampering) {
        return new Outbox(clock, service, config, Tracing.OFF) {
            @Override
            public Uni<Void> append(Mutiny.Session session, CredentialEvent event) {
                if (!tampering.passes(event)) {
                    return Uni.createFrom().voidItem();
                }
                var body = lanyard.common.events.EventCodec.write(
                        event, java.util.UUID.randomUUID().toString(), "/lanyard/" + service, clock.instant());
                return tampering.bypasses(() -> broker.publish(config.topics().credentials(), event.cluster(), body))
                        ? Uni.createFrom().voidItem()
                        : super.append(session, event);
            }

            @Override
            public Uni<Void> appendDeadLetter(Mutiny.Session session, byte[] body) {
                return tampering.passesDeadLetters()
                        ? super.appendDeadLetter(session, body)
                        : Uni.createFrom().voidItem();
            }
        };
    }

    /** The relay's step: publishes one batch and answers how many messages the broker took. */
    @SuppressWarnings("NullAway") // Nothing emits, and nothing wakes the relay: its steps are called.
    public static IntSupplier relay(Pool database, Broker broker, OutboxConfig config, MeterRegistry metrics) {
        var publisher = new Publisher(null) {
            @Override
            CompletableFuture<Void> publish(String topic, @Nullable String key, byte[] body) {
                return broker.publish(topic, key, body);
            }
        };
        return new Relay(database, publisher, null, config, metrics, Tracing.OFF)::publishBatch;
    }

    /** The outbox's table. */
    public static void table(Tables tables) {
        tables.table(OutboxRow.class, OutboxRow::new, row -> {});
    }

    /** What a row of it holds. */
    public static OutboxMessage message(Object row) {
        var one = (OutboxRow) row;
        return new OutboxMessage(Objects.requireNonNull(one.id), one.topic, one.key, one.body);
    }
}
