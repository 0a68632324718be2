package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.events.RetryRequested;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.tokenissuer.Preparation.Recorded;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears from the provisioner what the door can serve, from the revoker what it must not serve any more, and from an operator that a
 * cluster is to be tried again, and records it. One replica hears each event here; in its memory each replica has it from the
 * {@link BusWatch}.
 */
@ApplicationScoped
class CredentialsConsumer {
    private final Intake intake;
    private final ClusterStore store;
    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final Duration pause;
    private final InstantSource clock;

    CredentialsConsumer(
            Intake intake,
            ClusterStore store,
            LeasedRows<ClusterRow, Recorded> clusters,
            ReconcileConfig config,
            InstantSource clock) {
        this.intake = intake;
        this.store = store;
        this.clusters = clusters;
        this.pause = config.firstRetry();
        this.clock = clock;
    }

    @Incoming("credentials")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (EventCodec.read(message.value())) {
            case Read.Event(CredentialProvisioned told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.heard(told)));
            case Read.Event(CredentialRevoked told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.REVOKED));
            case Read.Event(RetryRequested request, var id, var time, var source) ->
                intake.commit(
                        message,
                        session -> clusters.hearIfKnown(
                                session, request.cluster(), row -> row.retry(clock.instant(), pause)));
            case Read.Event event -> intake.ignore(message);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
