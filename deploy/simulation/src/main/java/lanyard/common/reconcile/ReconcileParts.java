package lanyard.common.reconcile;

import io.vertx.mutiny.sqlclient.Pool;
import java.time.InstantSource;
import java.util.List;
import lanyard.common.database.Presence;
import lanyard.common.tracing.Tracing;

/** The reconcile loop, step by step. */
public final class ReconcileParts {
    private final Reconciler reconciler;

    @SuppressWarnings("NullAway") // Nothing wakes the loop: its steps are called.
    public ReconcileParts(
            Pool database,
            InstantSource clock,
            Presence presence,
            Reconciliation reconciliation,
            Waits waits,
            ReconcileConfig config) {
        var leases = new Leases(database, clock, presence, config);
        this.reconciler = new Reconciler(leases, reconciliation, null, waits, config, Tracing.OFF);
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
