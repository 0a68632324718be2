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

/** Hears from the provisioner what the door can serve, and from the revoker what it must not serve any more. */
@ApplicationScoped
class CredentialsConsumer {
    private final Intake intake;
    private final CredentialStore store;
    private final TokenCache tokens;

    CredentialsConsumer(Intake intake, CredentialStore store, TokenCache tokens) {
        this.intake = intake;
        this.store = store;
        this.tokens = tokens;
    }

    @Incoming("credentials")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (EventCodec.read(message.value())) {
            case Read.Event(CredentialProvisioned told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.heard(told)));
            case Read.Event(CredentialRevoked told, var id, var time, var source) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Entitlement.REVOKED))
                        .invoke(() -> tokens.drop(told.cluster()));
            case Read.Event event -> intake.ignore(message);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
