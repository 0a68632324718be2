package lanyard.common.reconcile;

/** A service's use case: what it does for one cluster while it holds the lease. */
public interface Reconciliation {
    /**
     * Walks the cluster's row as far as it goes and commits, which gives the lease back. Runs on a virtual thread and may block.
     * Killed at any line, it can be run again from the row. What it throws is logged, and the row is tried again later.
     */
    void reconcile(Lease lease);
}
