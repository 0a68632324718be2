package lanyard.revoker;

import io.smallrye.mutiny.Uni;
import java.util.List;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.Reply;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.settings.ConductorConfig;
import lanyard.revoker.Revocation.Progress;
import lanyard.simulation.Mutation;
import lanyard.simulation.Replica;
import lanyard.simulation.Surroundings;
import lanyard.simulation.Surroundings.Tables;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;

/** The revoker, put together as its container does. */
public final class SimulatedRevoker implements Replica {
    private final NotificationsConsumer notifications;
    private final CredentialsConsumer credentials;
    private final ReconcileParts reconciling;

    public SimulatedRevoker(Surroundings around) {
        var config = around.settings().of(RevokerConfig.class);
        var transactions = around.transactions();
        var clusters = new LeasedRows<>(transactions, ClusterRow.class, ClusterRow::recorded);
        var neighbours = new Neighbours(transactions);
        var delegations = around.has(Mutation.BELIEVE_REMOVALS)
                ? new Believing(around, neighbours, config)
                : new Delegations(around.keystone(), neighbours, config);
        notifications = new NotificationsConsumer(around.intake(), clusters, config, around.clock());
        credentials = new CredentialsConsumer(
                around.intake(),
                clusters,
                new SweepStore(around.pool(), transactions, around.outbox(), around.clock()),
                around.settings().of(ReconcileConfig.class),
                around.clock());
        reconciling = around.reconciling(new RevokeCluster(
                clusters,
                delegations,
                new Conductor(new NoConductor(), around.settings().of(ConductorConfig.class), around.clock()),
                around.settings().of(HealingConfig.class),
                around.outbox(),
                around.waits(),
                around.metrics(),
                around.clock()));
    }

    @Override
    public Uni<Void> hearNotifications(ConsumerRecords<String, byte[]> batch) {
        return notifications.hear(batch);
    }

    @Override
    public Uni<Void> hearCredential(ConsumerRecord<String, byte[]> message) {
        return credentials.hear(message);
    }

    @Override
    public ReconcileParts reconciling() {
        return reconciling;
    }

    /** The schema, as the migrations make it. */
    public static void tables(Tables tables, @Nullable Mutation mutation) {
        tables.table(
                ClusterRow.class,
                () -> mutation == Mutation.SKIP_THE_LEASE ? new Leaseless() : new ClusterRow(),
                row -> {
                    row.phase = Phase.PRESENT;
                    row.trusts = new String[0];
                });
    }

    /** Its API is configured nowhere. */
    private static final class NoConductor implements ConductorApi {
        @Override
        public Reply<List<Cluster>> listClusters() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Reply<Cluster> findCluster(String id) {
            throw new UnsupportedOperationException();
        }
    }

    // ---- Seeded faults

    private static final class Leaseless extends ClusterRow {
        @Override
        public boolean isLeasedBy(Lease claimed) {
            return lease != null;
        }
    }

    private static final class Believing extends Delegations {
        Believing(Surroundings around, Neighbours neighbours, RevokerConfig config) {
            super(around.keystone(), neighbours, config);
        }

        @Override
        Reply<Progress> look(String cluster, @Nullable String project, Progress progress) {
            return progress.removedTrusts() > 0 || progress.removedTrustee()
                    ? new Reply.Done<>(progress.found(project, null, List.of()))
                    : super.look(cluster, project, progress);
        }

        @Override
        Reply<Void> removeTrusts(List<String> trusts) {
            return believed(super.removeTrusts(trusts));
        }

        @Override
        Reply<Void> removeUser(String trustee) {
            return believed(super.removeUser(trustee));
        }

        private static Reply<Void> believed(Reply<Void> reply) {
            return reply instanceof Reply.Unavailable<Void> ? Reply.done() : reply;
        }
    }
}
