package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.database.Transactions;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.secrets.KeyRing;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The rows of clusters and of the projects that they are in. */
@ApplicationScoped
class ClusterStore {
    private static final Logger LOG = Logger.getLogger(ClusterStore.class);

    private static final String INSERT_PROJECT =
            "insert into project (project, key) values (?1, ?2) on conflict do nothing";
    private static final String COUNT_OTHERS = "select count(*) from ClusterRow where share = ?1 and cluster <> ?2";

    // A row that is locked is passed over: to wait for it with a row of one's own locked may be to wait in a circle.
    private static final String HAND_OVER =
            """
            update cluster set share = ?1 where cluster = (
              select cluster from cluster where share is null and project = ?1 and phase <> 'ABSENT'
              order by cluster limit 1 for update skip locked)
            """;

    private static final String OTHERS = "from ClusterRow where share = ?1 and cluster <> ?2";

    private final Transactions transactions;
    private final LeasedRows<ClusterRow, State> clusters;
    private final KeyRing keys;
    private final Duration pause;
    private final InstantSource clock;

    ClusterStore(
            Transactions transactions,
            KeyRing keys,
            ProvisionerConfig config,
            ReconcileConfig reconcile,
            InstantSource clock) {
        this.transactions = transactions;
        this.clusters = new LeasedRows<>(
                transactions, ClusterRow.class, row -> new State(row.desired(), row.recorded(config.ownerDeadline())));
        this.keys = keys;
        this.pause = reconcile.firstRetry();
        this.clock = clock;
    }

    /** What a row says, as one reading of it. */
    record State(Desired desired, Provisioning.Recorded recorded) {}

    /** Joins what the conductor told into the rows of its clusters, in the caller's session. */
    Uni<Void> hear(Mutiny.Session session, List<ClusterNotification> told) {
        return clusters.hearAll(
                session, told, ClusterNotification::cluster, (row, one) -> hear(row, Desired.heard(one)));
    }

    /** Joins what was heard of a cluster into its row, in the caller's session. */
    Uni<Void> hear(Mutiny.Session session, String cluster, Desired heard) {
        return clusters.hear(session, cluster, row -> hear(row, heard));
    }

    /** Joins what was heard of a cluster into its row, in the caller's session; a cluster that has none is not made up. */
    Uni<Void> hearIfKnown(Mutiny.Session session, String cluster, Desired heard) {
        return clusters.hearIfKnown(session, cluster, row -> hear(row, heard));
    }

    private void hear(ClusterRow row, Desired heard) {
        var before = row.disputed;
        row.hear(heard, false, clock.instant());
        if (row.disputed && !before) {
            LOG.warnf(
                    "cluster %s: two notifications name different projects or owners for it, so one of them must be forged",
                    row.cluster);
        }
    }

    /** Takes into the row that nothing of the cluster is left, in the caller's session. */
    Uni<Void> hearRevoked(Mutiny.Session session, String cluster) {
        return clusters.hear(session, cluster, row -> row.hear(Desired.absent(), true, clock.instant()));
    }

    /** Takes into the row what the provisioner itself told once, if a database that was set back has lost it, in the caller's session. */
    Uni<Void> recall(Mutiny.Session session, CredentialProvisioned told) {
        return clusters.hear(session, told.cluster(), row -> row.recall(told, clock.instant()))
                .chain(() -> useProject(session, told.project()))
                .replaceWithVoid();
    }

    /** Has a cluster tried again that has failed, if it has, in the caller's session. What comes of it is told anew. */
    Uni<Void> retry(Mutiny.Session session, String cluster) {
        return clusters.hearIfKnown(session, cluster, row -> {
            if (row.retry(clock.instant(), pause)) {
                row.failure = null;
            }
        });
    }

    /** {@link LeasedRows#read} */
    @Nullable
    State read(Lease lease) {
        return clusters.read(lease);
    }

    /** {@link LeasedRows#commit} */
    void commit(Lease lease, State decidedOn, BiFunction<Mutiny.Session, ClusterRow, Uni<Void>> change) {
        clusters.commit(lease, decidedOn, change);
    }

    /** {@link LeasedRows#commit} */
    void commit(Lease lease, State decidedOn, Consumer<ClusterRow> change) {
        clusters.commit(lease, decidedOn, change);
    }

    /**
     * Takes a project's custodian into use, in the caller's session. Its row is there afterwards, with the id of the key that the
     * custodian's password is derived from.
     *
     * @return whether it may be used: not while it is being removed
     */
    Uni<Boolean> useProject(Mutiny.Session session, String project) {
        return session.createNativeQuery(INSERT_PROJECT)
                .setParameter(1, project)
                .setParameter(2, keys.current())
                .executeUpdate()
                .chain(() -> session.find(ProjectRow.class, project, LockMode.PESSIMISTIC_WRITE))
                .map(row -> row != null && !row.removing);
    }

    /** Ids of the trusts that were announced for other clusters in a project. Blocks. */
    Set<String> trustsOfOthers(String project, String cluster) {
        return transactions.call(session -> session.createQuery(OTHERS, ClusterRow.class)
                .setParameter(1, project)
                .setParameter(2, cluster)
                .getResultList()
                .map(rows ->
                        rows.stream().flatMap(row -> Stream.of(row.trusts)).collect(Collectors.toUnmodifiableSet())));
    }

    /**
     * The master key of a custodian's password.
     *
     * @param isNew whether the custodian may still have the password of another one
     */
    record CustodianKey(String id, boolean isNew) {}

    /**
     * From which master key the custodian's password is to come. Blocks.
     *
     * @param anew whether from the current one, whatever it was; that is written before the custodian gets that password
     */
    CustodianKey custodianKey(String project, boolean anew) {
        return transactions.call(
                session -> (anew ? movedToCurrentKey(session, project) : session.find(ProjectRow.class, project))
                        .map(row -> new CustodianKey(row.key, row.previousKey != null)));
    }

    private Uni<ProjectRow> movedToCurrentKey(Mutiny.Session session, String project) {
        return session.find(ProjectRow.class, project, LockMode.PESSIMISTIC_WRITE)
                .invoke(row -> {
                    var had = row.key;
                    if (row.moveTo(keys.current())) {
                        LOG.infof(
                                "project %s: its custodian gets a password of master key %s in place of %s, and the tokens of its clusters die",
                                project, row.key, had);
                    }
                });
    }

    /** The custodian has the password of this key. Blocks. */
    void custodianHas(String project, String key) {
        transactions.call(session -> session.find(ProjectRow.class, project, LockMode.PESSIMISTIC_WRITE)
                .invoke(row -> row.previousKey = row.key.equals(key) ? null : row.previousKey));
    }

    /**
     * Decides on the custodian of a project when one of its clusters gives its share back, in the caller's session. Whoever gives
     * back the last share keeps it until the custodian is gone or the share is handed over; so there is only ever one to remove it.
     *
     * @return whether the cluster has the last share, so that the custodian is to be removed; nobody takes it into use from here
     *     until {@link #forgetProject}
     */
    Uni<Boolean> abandonProject(Mutiny.Session session, String project, String cluster) {
        return session.find(ProjectRow.class, project, LockMode.PESSIMISTIC_WRITE)
                .chain(row -> session.createQuery(COUNT_OTHERS, Long.class)
                        .setParameter(1, project)
                        .setParameter(2, cluster)
                        .getSingleResult()
                        .map(others -> others == 0)
                        .invoke(last -> row.removing = last));
    }

    /**
     * Gives a share in the custodian to a living cluster of the project that has none, in the caller's session.
     *
     * @return whether there is one
     */
    Uni<Boolean> handOverShare(Mutiny.Session session, String project) {
        return session.createNativeQuery(HAND_OVER)
                .setParameter(1, project)
                .executeUpdate()
                .map(clusters -> clusters > 0);
    }

    /** The custodian of a project is not removed after all, in the caller's session. */
    Uni<Void> keepProject(Mutiny.Session session, String project) {
        return session.find(ProjectRow.class, project, LockMode.PESSIMISTIC_WRITE)
                .invoke(row -> row.removing = false)
                .replaceWithVoid();
    }

    /**
     * Forgets a project whose custodian is gone, in the caller's session; but not if another cluster has a share again, by what was
     * {@link #recall recalled} meanwhile, and is to give it back.
     */
    Uni<Void> forgetProject(Mutiny.Session session, String project, String cluster) {
        return abandonProject(session, project, cluster)
                .chain(last -> last
                        ? session.find(ProjectRow.class, project).chain(session::remove)
                        : Uni.createFrom().voidItem());
    }
}
