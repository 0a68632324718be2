package lanyard.revoker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
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

    Revocation.Recorded recorded() {
        return new Revocation.Recorded(phase, deadline, revoked);
    }

    /**
     * Keystone may hold something of the cluster. For a tombstone that means to look again; whoever is looking just now loses the
     * lease, because the doubt may be about what was made after the look.
     */
    void doubt(Instant now) {
        if (phase == Phase.ABSENT) {
            revoked = false;
            retryAt(now);
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
        due(now);
    }
}
