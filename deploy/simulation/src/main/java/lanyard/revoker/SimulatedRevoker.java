package lanyard.revoker;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanyard.common.keystone.Reply;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.settings.ConductorConfig;
import lanyard.common.settings.LanyardConfig;
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
    private final List<Runnable> rounds = new ArrayList<>();

    public SimulatedRevoker(Surroundings around) {
        var config = around.settings().of(RevokerConfig.class);
        var transactions = around.transactions();
        var clusters = new LeasedRows<>(transactions, ClusterRow.class, ClusterRow::recorded);
        var neighbours = new Neighbours(transactions);
        var delegations = around.has(Mutation.BELIEVE_REMOVALS)
                ? new Believing(around, neighbours, config)
                : new Delegations(around.keystone(), neighbours, config);
        var sweeps = new SweepStore(around.pool(), transactions, around.outbox(), around.clock());
        var settings = around.settings();
        var healing = Healing.of(settings.of(HealingConfig.class));
        var conductor = new Conductor(around.conductor(), settings.of(ConductorConfig.class), around.clock());
        notifications = new NotificationsConsumer(around.intake(), clusters, config, around.clock());
        credentials = new CredentialsConsumer(
                around.intake(), clusters, sweeps, settings.of(ReconcileConfig.class), around.clock());
        reconciling = around.reconciling(new RevokeCluster(
                clusters,
                delegations,
                around.has(Mutation.BELIEVE_FORGED_DELETES) ? new Unasked(around) : conductor,
                healing,
                around.outbox(),
                around.waits(),
                around.metrics(),
                around.clock()));
        if (conductor.isThere()) {
            var store = new ComparisonStore(around.pool(), transactions, around.outbox());
            rounds.add(
                    new CompareWithConductor(store, conductor, healing, around.metrics(), around.clock())
                            ::compareIfDue);
        }
        if (around.sweeps()) {
            rounds.add(new SweepKeystone(
                    sweeps,
                    delegations,
                    around.keystone(),
                    new Heard(around),
                    settings.of(ReconcileConfig.class),
                    around.has(Mutation.SWEEP_WITHOUT_GRACE)
                            ? new Graceless(settings.of(SweepConfig.class))
                            : Sweeping.of(settings.of(SweepConfig.class)),
                    around.metrics(),
                    around.clock())::sweepIfDue);
        }
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

    @Override
    public List<Runnable> rounds() {
        return rounds;
    }

    /** Settings as they were read, but of this package, whose types no proxy sees. */
    private record Sweeping(Duration interval, Duration grace, double share) implements SweepConfig {
        static Sweeping of(SweepConfig read) {
            return new Sweeping(read.interval(), read.grace(), read.share());
        }
    }

    /** As {@link Sweeping}. */
    private record Healing(Duration refuteAfter, Duration patience, Duration interval, Duration grace, double share)
            implements HealingConfig {
        static Healing of(HealingConfig read) {
            return new Healing(read.refuteAfter(), read.patience(), read.interval(), read.grace(), read.share());
        }
    }

    /** As {@link Hearing}, which asks Kafka itself. */
    private static final class Heard extends Hearing {
        private final Surroundings around;

        Heard(Surroundings around) {
            super(Map.of(), around.service(), around.settings().of(LanyardConfig.class));
            this.around = around;
        }

        @Override
        @Nullable
        String lacks(Instant before) {
            // What is removed at once is removed before all can have been heard.
            var wanted = around.has(Mutation.SWEEP_WITHOUT_GRACE) ? before.minus(Duration.ofMinutes(5)) : before;
            return around.hearing().isCompleteBefore(wanted) ? null : "not all is heard yet";
        }
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
        Rounds.tables(tables);
    }

    // ---- Seeded faults

    private static final class Unasked extends Conductor {
        Unasked(Surroundings around) {
            super(around.conductor(), around.settings().of(ConductorConfig.class), around.clock());
        }

        @Override
        boolean isThere() {
            return false;
        }
    }

    private record Graceless(SweepConfig config) implements SweepConfig {
        @Override
        public Duration interval() {
            return config.interval();
        }

        @Override
        public Duration grace() {
            return Duration.ZERO;
        }

        @Override
        public double share() {
            return config.share();
        }

        @Override
        public Sweep.Rules rules() {
            return new Sweep.Rules(grace(), share());
        }
    }

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
