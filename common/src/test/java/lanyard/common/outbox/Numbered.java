package lanyard.common.outbox;

import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import lanyard.common.database.Transactions;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.TestCluster;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Events that carry a number: how many were told of their cluster before, by the order of the commits. Appended as the services
 * do it, with the cluster's row locked.
 */
final class Numbered {
    private final Transactions transactions;
    private final Outbox outbox;
    private final LeasedRows<TestCluster, TestCluster.State> rows;

    Numbered(Transactions transactions, Outbox outbox) {
        this.transactions = transactions;
        this.outbox = outbox;
        this.rows = new LeasedRows<>(transactions, TestCluster.class, TestCluster::state);
    }

    static List<String> clusters(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> UUID.randomUUID().toString())
                .toList();
    }

    static CredentialEvent event(String cluster, int number) {
        return new CredentialRevoked(cluster, number, TrusteeFate.REMOVED);
    }

    /** Appends the cluster's next event in a transaction of its own. */
    void append(String cluster) {
        transactions.call(session -> append(session, cluster));
    }

    /** Appends the cluster's next event in the caller's. */
    Uni<Void> append(Mutiny.Session session, String cluster) {
        var number = new int[1];
        return rows.hear(session, cluster, row -> number[0] = ++row.generation)
                .chain(() -> outbox.append(session, event(cluster, number[0])));
    }

    /** The numbers that came for each cluster, in the order in which a consumer gets them. */
    static Map<String, List<Integer>> in(List<ConsumerRecord<String, byte[]>> records) {
        var numbers = new TreeMap<String, List<Integer>>();
        records.forEach(record -> {
            if (EventCodec.read(record.value())
                            instanceof Read.Event(CredentialRevoked event, var id, var time, var source)
                    && event.cluster().equals(record.key())) {
                numbers.computeIfAbsent(event.cluster(), c -> new ArrayList<>()).add(event.trusts());
            }
        });
        return numbers;
    }

    static List<Integer> upTo(int last) {
        return IntStream.rangeClosed(1, last).boxed().toList();
    }
}
