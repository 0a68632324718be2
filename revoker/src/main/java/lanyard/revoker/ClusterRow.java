package lanyard.revoker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/** Whether a cluster is on its way out, and whether it was proved gone. Once ABSENT, the row is its tombstone and stays. */
@Entity
@Table(name = "cluster")
class ClusterRow extends LeasedCluster {
    @Column
    @Nullable
    Instant deadline;

    @Column(nullable = false)
    boolean revoked;

    /** Id of the cluster's project, as the provisioner told it. */
    @Column
    @Nullable
    String provisionedProject;

    /** Id of the cluster's project, as the conductor told it. */
    @Column
    @Nullable
    String toldProject;

    /** Whether it is settled, or was presumed, that a cluster that was told to be gone is. */
    @Column(nullable = false)
    boolean confirmed;

    /** Since when the conductor's API says that the cluster lives, though it was told to be gone. */
    @Column
    @Nullable
    Instant livingSince;

    /** Since when the conductor's list lacks the cluster; {@code null} if it has it. */
    @Column
    @Nullable
    Instant unlistedSince;

    /** In how many comparisons it did. */
    @Column(nullable = false)
    int unlistedTimes;

    /** Ids of the trusts that the provisioner told last. */
    @Column(nullable = false)
    String[] trusts;

    Revocation.Recorded recorded() {
        return new Revocation.Recorded(
                phase,
                deadline,
                revoked,
                new Revocation.Project(provisionedProject, toldProject),
                // Before the conductor has answered, there is nothing else that can have failed.
                new Revocation.Doubt(confirmed, livingSince, confirmed ? null : failingSince));
    }

    /** The cluster as the sweep goes by it: told by either, a project is one in which it may be. */
    Sweep.Cluster known() {
        return new Sweep.Cluster(
                cluster,
                phase != Phase.ABSENT,
                Stream.concat(Stream.ofNullable(provisionedProject), Stream.ofNullable(toldProject))
                        .collect(Collectors.toUnmodifiableSet()),
                Set.copyOf(List.of(trusts)));
    }

    /** The provisioner made these trusts, in this project. */
    void provisioned(String project, List<String> newTrusts, Instant now) {
        provisionedProject = project;
        trusts = newTrusts.toArray(String[]::new);
        doubt(now);
    }

    /** The provisioner gave up there, and may have made something. */
    void gaveUp(@Nullable String project, Instant now) {
        provisionedProject = project == null ? provisionedProject : project;
        doubt(now);
    }

    /**
     * Keystone may hold something of the cluster. For a tombstone that means to look again; whoever is looking just now loses the
     * lease, because the doubt may be about what was made after the look.
     */
    private void doubt(Instant now) {
        if (phase == Phase.ABSENT) {
            revoked = false;
            retryAfter(now, Duration.ZERO);
            due(now);
        }
    }

    /** Takes what was heard into the row. What is new makes the row due. */
    void hear(Revocation.Recorded heard, Instant now) {
        if (heard.equals(recorded())) {
            return;
        }
        phase = heard.phase();
        deadline = heard.deadline();
        revoked = heard.revoked();
        toldProject = heard.project().told();
        livingSince = heard.doubt().livingSince();
        due(now);
    }

    /** The conductor says that the cluster lives: whatever deletion was heard of is forgotten. */
    void refute() {
        phase = Phase.PRESENT;
        deadline = null;
        livingSince = null;
        settle();
    }
}
