package lanyard.revoker;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.conductor.Parsed;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.LeasedRows;
import lanyard.revoker.Revocation.Recorded;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Hears from the conductor which clusters are on their way out, and which ones there are: what Keystone holds for one of these is no
 * orphan.
 */
@ApplicationScoped
class NotificationsConsumer {
    private final Intake intake;
    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final Duration deleteDeadline;
    private final InstantSource clock;

    NotificationsConsumer(
            Intake intake, LeasedRows<ClusterRow, Recorded> clusters, RevokerConfig config, InstantSource clock) {
        this.intake = intake;
        this.clusters = clusters;
        this.deleteDeadline = config.deleteDeadline();
        this.clock = clock;
    }

    @Incoming("notifications")
    Uni<Void> hear(ConsumerRecord<String, byte[]> message) {
        return switch (NotificationParser.parse(message.value())) {
            case Parsed.Cluster(var told) -> hear(message, told);
            case Parsed.Ignored() -> intake.ignore(message);
            case Parsed.Rejected(var reason, var detail) -> intake.reject(message, reason.label(), detail);
        };
    }

    private Uni<Void> hear(ConsumerRecord<String, byte[]> message, ClusterNotification told) {
        var phase = Desired.heard(told).phase();
        var deadline = clock.instant().plus(deleteDeadline);
        return intake.commit(
                message,
                session -> clusters.hear(
                        session,
                        told.cluster(),
                        row -> row.hear(row.recorded().join(phase, deadline, told.project()), clock.instant())));
    }
}
