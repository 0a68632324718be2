package lanyard.revoker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import lanyard.common.reconcile.LeasedCluster;
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
