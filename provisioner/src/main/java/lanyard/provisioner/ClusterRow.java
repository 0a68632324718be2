package lanyard.provisioner;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import lanyard.common.events.FailureReason;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.LeasedCluster;
import org.jspecify.annotations.Nullable;

/** What should be true of a cluster, and what was done for it. Holds ids and generations only. */
@Entity
@Table(name = "cluster")
class ClusterRow extends LeasedCluster {
    @Column(nullable = false)
    int generation;

    @Column
    @Nullable
    String project;

    @Column
    @Nullable
    String owner;

    @Column(nullable = false)
    boolean disputed;

    @Column(nullable = false)
    Instant firstHeard;

    /** Id of the master key of the trustee's password; written before Keystone is touched. */
    @Column
    @Nullable
    String key;

    @Column(nullable = false)
    boolean touched;

    @Column(nullable = false)
    int announced;

    /** The failure that was told last, so that it is told once; {@code null} when there is none. */
    @Column
    @Enumerated(EnumType.STRING)
    @Nullable
    FailureReason failure;

    @Column(nullable = false)
    boolean revoked;

    /**
     * Id of the project in whose custodian the cluster has a share: written before Keystone is touched, and kept whatever is heard
     * later, until it is given back.
     */
    @Column
    @Nullable
    String share;

    Desired desired() {
        return new Desired(phase, generation, project, owner, disputed);
    }

    Provisioning.Recorded recorded(Duration ownerDeadline) {
        return new Provisioning.Recorded(key, touched, announced, revoked, share, firstHeard.plus(ownerDeadline));
    }

    /** Takes what was heard into the row. What is new makes the row due. */
    void hear(Desired heard, boolean nowRevoked, Instant now) {
        var joined = desired().join(heard);
        if (joined.equals(desired()) && (revoked || !nowRevoked)) {
            return;
        }
        phase = joined.phase();
        generation = joined.generation();
        project = joined.project();
        owner = joined.owner();
        disputed = joined.disputed();
        revoked |= nowRevoked;
        due(now);
    }
}
