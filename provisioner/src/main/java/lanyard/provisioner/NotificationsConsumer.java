package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.conductor.Parsed;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.Desired;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Hears from the conductor which clusters there should be. */
@ApplicationScoped
class NotificationsConsumer {
    private final Intake intake;
    private final ClusterStore store;

    NotificationsConsumer(Intake intake, ClusterStore store) {
        this.intake = intake;
        this.store = store;
    }

    @Incoming("notifications")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (NotificationParser.parse(message.value())) {
            case Parsed.Cluster(var told) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Desired.heard(told)));
            case Parsed.Ignored() -> intake.ignore(message);
            case Parsed.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
