package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.events.ClusterListed;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialReady;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Read;
import lanyard.common.events.RetryRequested;
import lanyard.common.events.RotationRequested;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepRequested;
import lanyard.common.events.TokenIssued;
import lanyard.common.events.TokenRefused;
import lanyard.common.events.TokenRevoked;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.Desired;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears that nothing of a cluster is left, that there is one of which the conductor's word was lost, that an operator wants other
 * generations or another attempt, and that Keystone refuses the generation there is. What the provisioner itself told comes back on the
 * same topic, and is news only if the database was set back.
 */
@ApplicationScoped
class CredentialsConsumer {
    private final Intake intake;
    private final ClusterStore store;

    CredentialsConsumer(Intake intake, ClusterStore store) {
        this.intake = intake;
        this.store = store;
    }

    @Incoming("credentials")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (EventCodec.read(message.value())) {
            case Read.Event(var event, var _, var _, var _) -> hear(message, event);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }

    private Uni<Void> hear(ConsumerRecord<String, byte[]> message, CredentialEvent event) {
        return switch (event) {
            case CredentialRevoked revoked ->
                intake.commit(message, session -> store.hearRevoked(session, revoked.cluster()));
            case ClusterListed listed ->
                intake.commit(message, session -> store.hear(session, listed.cluster(), Desired.heard(listed)));
            case RetryRequested request -> intake.commit(message, session -> store.retry(session, request.cluster()));
            case RotationRequested request ->
                intake.commit(
                        message, session -> store.hearIfKnown(session, request.cluster(), Desired.heard(request)));
            case CredentialFailed failed
            when failed.reason() == FailureReason.TOKEN_REFUSED ->
                intake.commit(message, session -> store.hearIfKnown(session, failed.cluster(), Desired.heard(failed)));
            case CredentialProvisioned told -> intake.commit(message, session -> store.recall(session, told));
            case CredentialFailed _,
                    CredentialReady _,
                    SweepFinished _,
                    SweepRequested _,
                    TokenIssued _,
                    TokenRefused _,
                    TokenRevoked _ -> intake.ignore(message);
        };
    }
}
