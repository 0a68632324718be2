package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import java.util.List;
import lanyard.common.reconcile.ReconcileParts;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** One replica of a service: its real classes, put together as its container does, without threads of their own. */
public interface Replica {
    /** Whether it reads what the conductor says. */
    default boolean hearsConductor() {
        return true;
    }

    /** Hears messages of the conductor's. */
    Uni<Void> hearNotifications(ConsumerRecords<String, byte[]> batch);

    /** Hears a message on Lanyard's own topic. */
    Uni<Void> hearCredential(ConsumerRecord<String, byte[]> message);

    /** What it does every few seconds. */
    default List<Runnable> rounds() {
        return List.of();
    }

    /** The loop that works on the rows. */
    ReconcileParts reconciling();
}
