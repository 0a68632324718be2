package lanyard.common.reconcile;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;

/** The smallest row that a service could have. */
@Entity
@Table(name = "cluster")
public class TestCluster extends LeasedCluster {
    @Column(nullable = false)
    public int generation;

    /** What is decided on. */
    public record State(Phase phase, int generation) {}

    public State state() {
        return new State(phase, generation);
    }
}
