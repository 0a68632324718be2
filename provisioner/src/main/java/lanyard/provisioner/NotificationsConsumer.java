package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.conductor.Parsed;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.Desired;
import lanyard.common.settings.ConductorConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears from the conductor which clusters there should be. That one is to go is heard here too, unless the revoker asks the conductor
 * itself: then it is heard from the revoker alone, and a forged notification does nothing.
 */
@ApplicationScoped
class NotificationsConsumer {
    private final Intake intake;
    private final ClusterStore store;
    private final boolean believesDeletes;

    NotificationsConsumer(Intake intake, ClusterStore store, ConductorConfig conductor) {
        this.intake = intake;
        this.store = store;
        // Where the revoker asks the conductor whether a cluster is gone, its word counts.
        this.believesDeletes = conductor.url().isEmpty();
    }

    @Incoming("notifications")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (NotificationParser.parse(message.value())) {
            case Parsed.Cluster(var told)
            when told.action() == Action.DELETE && !believesDeletes -> intake.ignore(message);
            case Parsed.Cluster(var told) ->
                intake.commit(message, session -> store.hear(session, told.cluster(), Desired.heard(told)));
            case Parsed.Ignored() -> intake.ignore(message);
            case Parsed.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }
}
