package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.Collection;
import java.util.Set;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.settings.ConductorConfig;
import lanyard.simulation.Mutation;
import lanyard.simulation.Replica;
import lanyard.simulation.Surroundings;
import lanyard.simulation.Surroundings.Tables;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;

/** The provisioner, put together as its container does. */
public final class SimulatedProvisioner implements Replica {
    private final NotificationsConsumer notifications;
    private final CredentialsConsumer credentials;
    private final ReconcileParts reconciling;

    public SimulatedProvisioner(Surroundings around) {
        var config = around.settings().of(ProvisionerConfig.class);
        var profiles = around.settings().of(Profiles.class);
        var keys = around.keys();
        var store = new ClusterStore(
                around.transactions(), keys, config, around.settings().of(ReconcileConfig.class), around.clock());
        var domain = new LanyardDomain(around.keystone(), config);
        var custodians = new Custodians(around.keystone(), domain, keys, profiles);
        var trustees = new Trustees(around.keystone(), around.tokens(), domain, keys);
        var delegation = around.has(Mutation.KEEP_THE_SURPLUS)
                ? new ThatKeepsTheSurplus(around, domain, custodians, profiles)
                : new ProjectTrust(around.keystone(), domain, custodians, profiles);
        notifications = new NotificationsConsumer(
                around.intake(), store, around.settings().of(ConductorConfig.class));
        credentials = new CredentialsConsumer(around.intake(), store);
        reconciling = around.reconciling(new ProvisionCluster(
                store, custodians, trustees, delegation, keys, around.outbox(), around.waits(), around.clock()));
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
                () -> mutation == null
                        ? new ClusterRow()
                        : switch (mutation) {
                            case SKIP_THE_LEASE -> new Leaseless();
                            case LAST_GENERATION_WINS, LAST_PHASE_WINS -> new Forgetful(mutation);
                            default -> new ClusterRow();
                        },
                row -> {
                    row.phase = Phase.PRESENT;
                    row.client = 1;
                    row.backend = 1;
                    row.touched = true;
                    row.trusts = new String[0];
                    row.roles = new String[0];
                    row.firstHeard = tables.clock().instant();
                });
        tables.table(ProjectRow.class, ProjectRow::new, row -> {});
        tables.update(
                """
                update cluster set share = ?1 where cluster = (
                  select cluster from cluster where share is null and project = ?1 and phase <> 'ABSENT'
                  order by cluster limit 1 for update skip locked)
                """,
                ClusterRow.class,
                parameters -> tables.rows(ClusterRow.class).stream()
                        .filter(row ->
                                isHeir(row, parameters.get(1)) && !tables.isLocked(ClusterRow.class, row.cluster))
                        .map(row -> row.cluster)
                        .findFirst()
                        .orElse("none"),
                false,
                (row, isNew, parameters) -> {
                    row.share = row.project;
                    return true;
                });
    }

    private static boolean isHeir(ClusterRow row, @Nullable Object project) {
        return row.share == null && row.phase != Phase.ABSENT && row.project != null && row.project.equals(project);
    }

    // ---- Seeded faults

    private static final class Leaseless extends ClusterRow {
        @Override
        public boolean isLeasedBy(Lease claimed) {
            return lease != null;
        }
    }

    private static final class Forgetful extends ClusterRow {
        private final transient Mutation mutation;

        Forgetful(Mutation mutation) {
            this.mutation = mutation;
        }

        @Override
        void hear(Desired heard, boolean nowRevoked, Instant now) {
            super.hear(heard, nowRevoked, now);
            if (mutation == Mutation.LAST_PHASE_WINS) {
                phase = heard.phase();
            } else {
                client = heard.client();
                backend = heard.backend();
            }
        }
    }

    private static final class ThatKeepsTheSurplus extends ProjectTrust {
        ThatKeepsTheSurplus(Surroundings around, LanyardDomain domain, Custodians custodians, Profiles profiles) {
            super(around.keystone(), domain, custodians, profiles);
        }

        @Override
        Attempt<Boolean> removeSurplus(
                String cluster, String project, Collection<String> announced, Set<String> others) {
            return new Attempt.Made<>(true);
        }
    }
}
