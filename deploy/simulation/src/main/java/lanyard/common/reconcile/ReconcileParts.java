package lanyard.common.reconcile;

import io.vertx.mutiny.sqlclient.Pool;
import java.time.InstantSource;
import java.util.List;

/** The reconcile loop, step by step. */
public final class ReconcileParts {
    private final Reconciler reconciler;

    @SuppressWarnings("NullAway") // Nothing wakes the loop: its steps are called.
    public ReconcileParts(
            Pool database, InstantSource clock, Reconciliation reconciliation, Waits waits, ReconcileConfig config) {
        this.reconciler = new Reconciler(new Leases(database, clock, config), reconciliation, null, waits, config);
    }

    /** Claims due rows. */
    public List<Lease> claim(int places) {
        return reconciler.claim(places);
    }

    /** Works on one of them, to the end. */
    public void work(Lease lease) {
        reconciler.work(lease);
    }
}
