package lanyard.local.demo;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lanyard.local.conductor.Action;
import lanyard.local.conductor.EmitCommand;
import lanyard.local.conductor.Notification;
import lanyard.local.conductor.NotificationBus;
import lanyard.local.conductor.Outcome;
import lanyard.local.conductor.ToldCluster;
import org.apache.kafka.clients.producer.RecordMetadata;

/** One cluster as the conductor tells of it. Ends with a delete in any case, so that nothing of it stays in anybody's Keystone. */
final class ClusterLife implements AutoCloseable {
    static final int NOISE = 30;

    private final NotificationBus bus;
    private final ToldCluster cluster;
    private boolean created;
    private boolean deleted;

    ClusterLife(String kafka, UUID uuid, Tenant tenant) {
        bus = new NotificationBus(kafka);
        cluster = new ToldCluster(uuid, "demo", tenant.project(), tenant.owner(), Map.of());
    }

    /** Returns where the two notifications are. */
    List<RecordMetadata> create() {
        created = true;
        return emit(Action.CREATE);
    }

    List<RecordMetadata> delete() {
        deleted = true;
        return emit(Action.DELETE);
    }

    private List<RecordMetadata> emit(Action action) {
        var now = Instant.now();
        var ours = List.of(
                Notification.ofConductor(action, Outcome.PENDING, cluster, now),
                Notification.ofConductor(action, Outcome.SUCCESS, cluster, now));
        var all = EmitCommand.among(NOISE, ours, now);
        return bus.emit(all).subList(all.indexOf(ours.getFirst()), all.indexOf(ours.getLast()) + 1);
    }

    @Override
    public void close() {
        try (bus) {
            if (created && !deleted) {
                delete();
            }
        }
    }
}
