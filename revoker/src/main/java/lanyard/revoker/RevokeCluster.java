package lanyard.revoker;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.reconcile.Waits;
import lanyard.revoker.Revocation.Progress;
import lanyard.revoker.Revocation.Recorded;
import lanyard.revoker.Revocation.Step;
import org.jboss.logging.Logger;

/**
 * Takes from Keystone whatever it holds of a cluster that is gone, and proves it gone.
 *
 * <p>Killed at any line, the walk starts over by looking: what was removed is no longer found, and what is told is told once it
 * was seen that nothing is left.
 */
@ApplicationScoped
class RevokeCluster implements Reconciliation {
    private static final Logger LOG = Logger.getLogger(RevokeCluster.class);

    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final Delegations delegations;
    private final Outbox outbox;
    private final Waits waits;
    private final InstantSource clock;

    RevokeCluster(
            LeasedRows<ClusterRow, Recorded> clusters,
            Delegations delegations,
            Outbox outbox,
            Waits waits,
            InstantSource clock) {
        this.clusters = clusters;
        this.delegations = delegations;
        this.outbox = outbox;
        this.waits = waits;
        this.clock = clock;
    }

    @Override
    public void reconcile(Lease lease) {
        var progress = Progress.START;
        var recorded = clusters.read(lease);
        while (recorded != null) {
            if (lease.endsSoon(clock.instant())) {
                clusters.commit(lease, recorded, row -> row.retryAt(clock.instant()));
                return;
            }
            var step = Revocation.next(recorded, progress, clock.instant());
            LOG.debugf("cluster %s: %s", lease.cluster(), step.getClass().getSimpleName());
            progress = walk(lease, recorded, progress, step);
            // Every step either gave the lease back, which ends the walk, or is followed by a decision on the row as it
            // is now.
            recorded = clusters.read(lease);
        }
    }

    private Progress walk(Lease lease, Recorded recorded, Progress progress, Step step) {
        switch (step) {
            case Step.Rest() -> clusters.commit(lease, recorded, LeasedCluster::settle);
            case Step.AwaitSuccess(var until) -> clusters.commit(lease, recorded, row -> row.restUntil(until));
            case Step.Expire() -> clusters.commit(lease, recorded, row -> row.phase = Phase.ABSENT);
            case Step.Look(var project) -> {
                return take(lease, recorded, progress, delegations.look(lease.cluster(), project, progress));
            }
            case Step.RemoveTrusts(var trusts) -> {
                return take(
                        lease,
                        recorded,
                        progress,
                        delegations.removeTrusts(trusts).map(done -> progress.afterRemovingTrusts()));
            }
            case Step.RemoveTrustee(var trustee) -> {
                return take(
                        lease,
                        recorded,
                        progress,
                        delegations.removeUser(trustee).map(done -> progress.afterRemovingTrustee()));
            }
            case Step.Announce announce ->
                clusters.commit(lease, recorded, (session, row) -> {
                    row.revoked = true;
                    row.settle();
                    return outbox.append(
                            session,
                            new CredentialRevoked(
                                    lease.cluster(),
                                    announce.removedTrusts(),
                                    announce.removedTrustee() ? TrusteeFate.REMOVED : TrusteeFate.ABSENT));
                });
        }
        return progress;
    }

    /** How far the walk is after this call. One that failed gives the lease back until the next attempt. */
    private Progress take(Lease lease, Recorded recorded, Progress progress, Reply<Progress> reply) {
        return switch (reply) {
            case Reply.Done<Progress>(var further) -> further;
            // What was there a moment ago is gone: look again.
            case Reply.Missing<Progress>() -> Progress.START;
            case Reply.Conflict<Progress>() -> later(lease, recorded, progress, "Keystone answered 409");
            case Reply.Denied<Progress>(int status, var why) ->
                later(lease, recorded, progress, "Keystone refused (%d): %s".formatted(status, why));
            case Reply.Unavailable<Progress>(var why) -> later(lease, recorded, progress, why);
        };
    }

    private Progress later(Lease lease, Recorded recorded, Progress progress, String why) {
        var wait = waits.after(lease.attempts());
        LOG.warnf("cluster %s is not revoked yet and has to wait %s: %s", lease.cluster(), wait, why);
        var now = clock.instant();
        clusters.commit(lease, recorded, row -> row.fail(why, now, now.plus(wait)));
        return progress;
    }
}
