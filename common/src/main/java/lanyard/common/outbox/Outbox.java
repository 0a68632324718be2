package lanyard.common.outbox;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.UUID;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventCodec;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.tracing.Tracing;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Messages that leave with the change that they tell of, or not at all: both are one commit, in the caller's session. The
 * {@link Relay} publishes them afterwards, at least once, in order for each key.
 *
 * <p>The order of a key is that of the rows' ids, which is the order of the commits only because whoever appends for a cluster
 * holds the lock on that cluster's row.
 */
@ApplicationScoped
public class Outbox {
    private final InstantSource clock;
    private final Tracing tracing;
    private final String source;
    private final String events;
    private final String deadLetters;

    Outbox(
            InstantSource clock,
            @ConfigProperty(name = "quarkus.application.name") String service,
            LanyardConfig config,
            Tracing tracing) {
        this.clock = clock;
        this.tracing = tracing;
        this.source = "/lanyard/" + service;
        this.events = config.topics().credentials();
        this.deadLetters = config.topics().deadLetters();
    }

    /** Appends an event of ours, keyed by its cluster. */
    public Uni<Void> append(Mutiny.Session session, CredentialEvent event) {
        var body = EventCodec.write(
                event, UUID.randomUUID().toString(), source, clock.instant(), tracing.walking(event.cluster()));
        return session.persist(new OutboxRow(events, event.cluster(), body));
    }

    /** Appends a dead letter, which has no order to keep and so no key. */
    public Uni<Void> appendDeadLetter(Mutiny.Session session, byte[] body) {
        return session.persist(new OutboxRow(deadLetters, null, body));
    }
}
