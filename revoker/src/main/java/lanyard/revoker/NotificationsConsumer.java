package lanyard.revoker;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.intake.Intake;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.LeasedRows;
import lanyard.revoker.Revocation.Recorded;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.hibernate.reactive.mutiny.Mutiny;

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
    Uni<Void> hear(ConsumerRecords<String, byte[]> batch) {
        return intake.commitAll(batch, NotificationParser::parse, this::take);
    }

    private Uni<Void> take(Mutiny.Session session, List<ClusterNotification> told) {
        return clusters.hearAll(session, told, ClusterNotification::cluster, (row, one) -> {
            var now = clock.instant();
            var phase = Desired.heard(one).phase();
            row.hear(row.recorded().join(phase, now.plus(deleteDeadline), one.project()), now);
        });
    }
}
