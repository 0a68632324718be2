package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.conductor.Parsed;
import lanyard.common.intake.Intake;
import lanyard.common.settings.ConductorConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jspecify.annotations.Nullable;

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
    Uni<Void> hear(ConsumerRecords<String, byte[]> batch) {
        return intake.commitAll(batch, this::parse, store::hear);
    }

    private Parsed parse(byte @Nullable [] message) {
        var parsed = NotificationParser.parse(message);
        return parsed instanceof Parsed.Cluster(var told, var _) && told.action() == Action.DELETE && !believesDeletes
                ? new Parsed.Ignored()
                : parsed;
    }
}
