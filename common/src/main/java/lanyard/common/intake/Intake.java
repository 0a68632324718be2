package lanyard.common.intake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Function;
import lanyard.common.outbox.Outbox;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How a message from the bus becomes a row: it is acknowledged when what it says is committed, and not before.
 *
 * <p>While the database is away the message waits and is tried again, for as long as it takes; nothing is skipped. What can never
 * be committed, and what could not be understood, leaves a dead letter, which says where the message is and why it was refused,
 * and holds nothing of its content.
 */
@ApplicationScoped
public class Intake {
    private static final Logger LOG = Logger.getLogger(Intake.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(200);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Mutiny.SessionFactory sessions;
    private final Outbox outbox;
    private final Positions positions;
    private final MeterRegistry metrics;
    private final String service;

    Intake(
            Mutiny.SessionFactory sessions,
            Outbox outbox,
            Positions positions,
            MeterRegistry metrics,
            @ConfigProperty(name = "quarkus.application.name") String service) {
        this.sessions = sessions;
        this.outbox = outbox;
        this.positions = positions;
        this.metrics = metrics;
        this.service = service;
    }

    /** Commits what a message says; done when it is committed. */
    public Uni<Void> commit(ConsumerRecord<String, byte[]> message, Function<Mutiny.Session, Uni<Void>> change) {
        return persistently(message, change)
                .invoke(() -> positions.pass(message))
                .invoke(() -> count(message, "read"))
                .onFailure(Intake::isImpossible)
                .recoverWithUni(e -> reject(message, "impossible", "what it says can never be recorded"));
    }

    /** Passes over a message that is none of ours. */
    public Uni<Void> ignore(ConsumerRecord<String, byte[]> message) {
        positions.pass(message);
        count(message, "ignored");
        return Uni.createFrom().voidItem();
    }

    /**
     * Puts a message aside.
     *
     * @param reason a short code, for counting
     * @param detail for an operator; must not hold content of the message
     */
    public Uni<Void> reject(ConsumerRecord<String, byte[]> message, String reason, String detail) {
        LOG.warnf("refused a message at %s: %s, %s", place(message), reason, detail);
        count(message, "dead-lettered");
        var letter = new DeadLetter(
                service,
                message.topic(),
                message.partition(),
                message.offset(),
                message.value() == null ? 0 : message.value().length,
                reason,
                detail);
        return persistently(message, session -> outbox.appendDeadLetter(session, write(letter)))
                .invoke(() -> positions.pass(message));
    }

    /** Who refused a message, where that is, and why it was. */
    private record DeadLetter(
            String service, String topic, int partition, long offset, int bytes, String reason, String detail) {}

    private Uni<Void> persistently(ConsumerRecord<String, byte[]> message, Function<Mutiny.Session, Uni<Void>> change) {
        return Uni.createFrom()
                .deferred(() -> sessions.withTransaction(change))
                .onFailure(e -> !isImpossible(e))
                .invoke(e -> LOG.warnf("what is at %s can't be committed yet: %s", place(message), e.getMessage()))
                .onFailure(e -> !isImpossible(e))
                .retry()
                .withBackOff(FIRST_RETRY, LONGEST_RETRY)
                .indefinitely();
    }

    /**
     * Whether the same message would fail for ever: by a check of ours, or by SQLSTATE class 22, data exceptions, or 23, broken
     * constraints.
     */
    private static boolean isImpossible(Throwable failure) {
        for (var e = failure; e != null; e = e.getCause()) {
            // What our own checks refuse, they refuse again.
            if (e instanceof IllegalArgumentException) {
                return true;
            }
            var state = sqlState(e);
            if (state != null) {
                return state.startsWith("22") || state.startsWith("23");
            }
        }
        return false;
    }

    private static @Nullable String sqlState(Throwable failure) {
        return switch (failure) {
            // Hibernate puts this one in the place of the driver's.
            case SQLException sql -> sql.getSQLState();
            case PgException pg -> pg.getSqlState();
            default -> null;
        };
    }

    private void count(ConsumerRecord<String, byte[]> message, String result) {
        metrics.counter("lanyard.messages", "topic", message.topic(), "result", result)
                .increment();
    }

    private static String place(ConsumerRecord<String, byte[]> message) {
        return "%s/%d@%d".formatted(message.topic(), message.partition(), message.offset());
    }

    private static byte[] write(DeadLetter letter) {
        try {
            return JSON.writeValueAsBytes(letter);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
