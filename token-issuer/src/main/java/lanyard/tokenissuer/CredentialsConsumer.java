package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.intake.Intake;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears from the provisioner what the door can serve, and from the revoker what it must not serve any more, and records it. One replica
 * hears each event here; in its memory each replica has it from the {@link BusWatch}.
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
            case Read.Event(CredentialProvisioned told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.heard(told)));
            case Read.Event(CredentialRevoked told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.REVOKED));
            case Read.Event event -> intake.ignore(message);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
