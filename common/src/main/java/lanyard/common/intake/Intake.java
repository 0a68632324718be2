package lanyard.common.intake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.Parsed;
import lanyard.common.kafka.ReadTopics;
import lanyard.common.outbox.Outbox;
import lanyard.common.tracing.LogFields;
import lanyard.common.tracing.OpenSpan;
import lanyard.common.tracing.Tracing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How messages from the bus become rows: each is acknowledged when what it says is committed, and not before.
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
    private final Tracing tracing;
    private final String service;

    Intake(
            Mutiny.SessionFactory sessions,
            Outbox outbox,
            Positions positions,
            MeterRegistry metrics,
            Tracing tracing,
            @ConfigProperty(name = "quarkus.application.name") String service) {
        this.sessions = sessions;
        this.outbox = outbox;
        this.positions = positions;
        this.metrics = metrics;
        this.tracing = tracing;
        this.service = service;
    }

    /** There from the start: Prometheus sees no increase in a series that begins with one. */
    void start(@Observes StartupEvent event, ReadTopics topics) {
        for (var topic : topics.names()) {
            List.of("read", "ignored", "dead-lettered").forEach(result -> counter(topic, result));
        }
    }

    /** What a transaction does with all that the conductor told. */
    public interface Change {
        Uni<Void> take(Mutiny.Session session, List<ClusterNotification> told);
    }

    /** A message that is not passed over, and the span of what it says of a cluster. */
    private record Heard(ConsumerRecord<String, byte[]> message, Parsed parsed, OpenSpan span) {}

    /**
     * Commits what a batch of messages says, in one transaction; done when all of it is committed. A message that is none of ours
     * costs no more than to be parsed.
     */
    public Uni<Void> commitAll(ConsumerRecords<String, byte[]> batch, Function<byte[], Parsed> parser, Change change) {
        var heard = new ArrayList<Heard>();
        for (var partition : batch.partitions()) {
            var messages = batch.records(partition);
            var before = heard.size();
            for (var message : messages) {
                var parsed = parser.apply(message.value());
                if (!(parsed instanceof Parsed.Ignored)) {
                    heard.add(new Heard(message, parsed, span(message, parsed)));
                }
            }
            counter(partition.topic(), "ignored").increment(messages.size() - (heard.size() - before));
        }
        return (heard.isEmpty() ? Uni.createFrom().voidItem() : commitAll(heard, change))
                .invoke(() -> positions.pass(batch));
    }

    private OpenSpan span(ConsumerRecord<String, byte[]> message, Parsed parsed) {
        return parsed instanceof Parsed.Cluster(var told, var request)
                ? tracing.hears(message.topic(), told, request)
                : OpenSpan.NONE;
    }

    /** What can never be committed as a whole is halved, until the message that is to blame is by itself. */
    private Uni<Void> commitAll(List<Heard> heard, Change change) {
        var first = heard.getFirst().message();
        return persistently(first, session -> take(session, heard, change))
                .invoke(() -> heard.forEach(this::done))
                .onFailure(Intake::isImpossible)
                .recoverWithUni(e -> {
                    if (heard.size() == 1) {
                        return rejectImpossible(first, heard.getFirst().span());
                    }
                    var half = heard.size() / 2;
                    return commitAll(heard.subList(0, half), change)
                            .chain(() -> commitAll(heard.subList(half, heard.size()), change));
                });
    }

    private Uni<Void> take(Mutiny.Session session, List<Heard> heard, Change change) {
        var told = new ArrayList<ClusterNotification>();
        var letters = new ArrayList<DeadLetter>();
        for (var one : heard) {
            switch (one.parsed()) {
                case Parsed.Cluster(var notification, var _) -> told.add(notification);
                case Parsed.Rejected(var reason, var detail) ->
                    letters.add(letter(one.message(), reason.label(), detail));
                case Parsed.Ignored() -> throw new IllegalStateException("it was passed over");
            }
        }
        var spans = heard.stream().map(Heard::span).toList();
        return (told.isEmpty() ? Uni.createFrom().voidItem() : change.take(session, told))
                .chain(() -> tracing.keep(session, spans))
                .chain(() -> Multi.createFrom()
                        .iterable(letters)
                        .onItem()
                        .transformToUniAndConcatenate(letter -> outbox.appendDeadLetter(session, write(letter)))
                        .collect()
                        .last())
                .replaceWithVoid();
    }

    private void done(Heard one) {
        switch (one.parsed()) {
            case Parsed.Rejected(var reason, var detail) -> refused(one.message(), reason.label(), detail);
            case Parsed.Cluster(var told, var request) -> {
                count(one.message(), "read");
                if (LOG.isDebugEnabled()) {
                    LogFields.during(
                            told.cluster(),
                            request,
                            () -> LOG.debugf(
                                    "heard of cluster %s: %s, %s", told.cluster(), told.action(), told.outcome()));
                }
            }
            case Parsed.Ignored() -> throw new IllegalStateException("it was passed over");
        }
        one.span().end();
    }

    /** Commits what a message says; done when it is committed. */
    public Uni<Void> commit(ConsumerRecord<String, byte[]> message, Function<Mutiny.Session, Uni<Void>> change) {
        var span = tracing.hears(message.topic(), message.value());
        return persistently(message, session -> change.apply(session).chain(() -> tracing.keep(session, List.of(span))))
                .invoke(() -> positions.pass(message))
                .invoke(() -> count(message, "read"))
                .invoke(span::end)
                .onFailure(Intake::isImpossible)
                .recoverWithUni(e -> rejectImpossible(message, span));
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
        refused(message, reason, detail);
        return persistently(
                        message, session -> outbox.appendDeadLetter(session, write(letter(message, reason, detail))))
                .invoke(() -> positions.pass(message));
    }

    private Uni<Void> rejectImpossible(ConsumerRecord<String, byte[]> message, OpenSpan span) {
        span.fail("what it says can never be recorded");
        span.end();
        return reject(message, "impossible", "what it says can never be recorded");
    }

    private void refused(ConsumerRecord<String, byte[]> message, String reason, String detail) {
        LOG.warnf("refused a message at %s: %s, %s", place(message), reason, detail);
        count(message, "dead-lettered");
    }

    /** Who refused a message, where that is, and why it was. */
    private record DeadLetter(
            String service, String topic, int partition, long offset, int bytes, String reason, String detail) {}

    private DeadLetter letter(ConsumerRecord<String, byte[]> message, String reason, String detail) {
        return new DeadLetter(
                service,
                message.topic(),
                message.partition(),
                message.offset(),
                message.value() == null ? 0 : message.value().length,
                reason,
                detail);
    }

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
        counter(message.topic(), result).increment();
    }

    private Counter counter(String topic, String result) {
        return metrics.counter("lanyard.messages", "topic", topic, "result", result);
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
