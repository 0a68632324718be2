package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.intake.Intake;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Hears from the revoker that nothing of a cluster is left. */
@ApplicationScoped
class RevocationsConsumer {
    private final Intake intake;
    private final ClusterStore store;

    RevocationsConsumer(Intake intake, ClusterStore store) {
        this.intake = intake;
        this.store = store;
    }

    @Incoming("credentials")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (EventCodec.read(message.value())) {
            case Read.Event(CredentialRevoked revoked, var id, var time, var source) ->
                intake.commit(message, session -> store.hearRevoked(session, revoked.cluster()));
            case Read.Event event -> intake.ignore(message);
            case Read.Ignored() -> intake.ignore(message);
            case Read.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
