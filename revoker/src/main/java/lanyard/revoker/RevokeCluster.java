package lanyard.revoker;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Phase;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.reconcile.Waits;
import lanyard.revoker.Revocation.Answer;
import lanyard.revoker.Revocation.Progress;
import lanyard.revoker.Revocation.Recorded;
import lanyard.revoker.Revocation.Step;
import lanyard.revoker.Revocation.Verdict;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes from Keystone whatever it holds of a cluster that is gone, and proves it gone.
 *
 * <p>Killed at any line, the walk starts over by looking: what was removed is no longer found, and what is told is told once it
 * was seen that nothing is left.
 */
@ApplicationScoped
@Startup // So that a setting that can't work is said at the start.
class RevokeCluster implements Reconciliation {
    private static final Logger LOG = Logger.getLogger(RevokeCluster.class);

    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final Delegations delegations;
    private final Conductor conductor;
    private final Revocation.Rules rules;
    private final Outbox outbox;
    private final Waits waits;
    private final Counter unasked;
    private final Counter refuted;
    private final InstantSource clock;

    RevokeCluster(
            LeasedRows<ClusterRow, Recorded> clusters,
            Delegations delegations,
            Conductor conductor,
            HealingConfig config,
            Outbox outbox,
            Waits waits,
            MeterRegistry metrics,
            InstantSource clock) {
        this.clusters = clusters;
        this.delegations = delegations;
        this.conductor = conductor;
        this.rules = new Revocation.Rules(config.refuteAfter(), config.patience());
        this.outbox = outbox;
        this.waits = waits;
        // There from the start: Prometheus sees no increase in a series that begins with one.
        this.unasked = metrics.counter("lanyard.conductor.unasked");
        this.refuted = metrics.counter("lanyard.conductor.refuted");
        this.clock = clock;
    }

    @Override
    public void reconcile(Lease lease) {
        var progress = Progress.START;
        var recorded = clusters.read(lease);
        while (recorded != null) {
            if (lease.endsSoon(clock.instant())) {
                clusters.commit(lease, recorded, row -> row.retryAfter(clock.instant(), Duration.ZERO));
            } else {
                var step = Revocation.next(recorded, progress, conductor.isThere(), clock.instant());
                LOG.debugf("cluster %s: %s", lease.cluster(), step.getClass().getSimpleName());
                progress = walk(lease, recorded, progress, step);
            }
            // Every step either gave the lease back, which ends the walk, or is followed by a decision on the row as it
            // is now.
            recorded = clusters.read(lease);
        }
    }

    private Progress walk(Lease lease, Recorded recorded, Progress progress, Step step) {
        switch (step) {
            case Step.Rest() -> clusters.commit(lease, recorded, LeasedCluster::settle);
            case Step.AwaitSuccess(var until) ->
                clusters.commit(lease, recorded, row -> row.restUntil(clock.instant(), until));
            case Step.Expire() -> clusters.commit(lease, recorded, row -> row.phase = Phase.ABSENT);
            case Step.Ask() -> ask(lease, recorded);
            case Step.Look(var project) -> {
                return take(lease, recorded, progress, delegations.look(lease.cluster(), project, progress));
            }
            case Step.RemoveTrusts(var trusts) -> {
                return take(
                        lease,
                        recorded,
                        progress,
                        unlessOthers(progress, delegations.removeTrusts(trusts))
                                .map(done -> progress.afterRemovingTrusts()));
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
                    row.confirmed = true;
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

    /**
     * Anybody can make a trust to a trustee, and Keystone's policy may keep the revoker from removing what is not marked as Lanyard's.
     * Such a trust is gone with the trustee; the look that follows proves it.
     */
    private static Reply<Void> unlessOthers(Progress progress, Reply<Void> removed) {
        return progress.trusteeThere() && removed instanceof Reply.Denied<Void>(int status, var _) && status == 403
                ? Reply.done()
                : removed;
    }

    private void ask(Lease lease, Recorded recorded) {
        var reply = conductor.find(lease.cluster());
        var answer =
                switch (reply) {
                    case Reply.Done<Cluster>(var cluster) -> cluster.leaving() ? Answer.GONE : Answer.LIVES;
                    case Reply.Missing<Cluster>() -> Answer.GONE;
                    case Reply.Conflict<Cluster> _, Reply.Denied<Cluster> _, Reply.Unavailable<Cluster> _ ->
                        Answer.NONE;
                };
        switch (Revocation.weigh(recorded.doubt(), answer, rules, clock.instant())) {
            case Verdict.Confirm() -> clusters.commit(lease, recorded, row -> row.confirmed = true);
            case Verdict.Presume() -> {
                LOG.warnf(
                        "cluster %s is revoked though the conductor's API has not said for %s whether it is gone",
                        lease.cluster(), rules.patience());
                unasked.increment();
                clusters.commit(lease, recorded, row -> row.confirmed = true);
            }
            case Verdict.AwaitAnswer(var latest) -> later(lease, recorded, why(reply), latest);
            case Verdict.AskAgain(var livingSince, var at) ->
                clusters.commit(lease, recorded, row -> {
                    row.livingSince = livingSince;
                    row.restUntil(clock.instant(), at);
                });
            case Verdict.Refute(var livingSince) -> {
                LOG.warnf(
                        "cluster %s was told to be deleted, and the conductor's API has said since %s that it lives: it keeps its"
                                + " credential",
                        lease.cluster(), livingSince);
                refuted.increment();
                clusters.commit(lease, recorded, ClusterRow::refute);
            }
        }
    }

    /** How far the walk is after this call. One that failed gives the lease back until the next attempt. */
    private Progress take(Lease lease, Recorded recorded, Progress progress, Reply<Progress> reply) {
        return switch (reply) {
            case Reply.Done<Progress>(var further) -> further;
            // What was there a moment ago is gone: look again.
            case Reply.Missing<Progress>() -> Progress.START;
            case Reply<Progress> failed -> {
                later(lease, recorded, why(failed), null);
                yield progress;
            }
        };
    }

    private static String why(Reply<?> failed) {
        return switch (failed) {
            case Reply.Denied<?>(int status, var why) -> "refused (%d): %s".formatted(status, why);
            case Reply.Unavailable<?>(var why) -> why;
            case Reply.Conflict<?> _ -> "a conflict (409)";
            case Reply.Done<?> _, Reply.Missing<?> _ -> "answered";
        };
    }

    /** @param latest when to try again at the latest; {@code null} to leave it to the waits */
    private void later(Lease lease, Recorded recorded, String why, @Nullable Instant latest) {
        var now = clock.instant();
        var usual = now.plus(waits.after(lease.attempts()));
        var due = latest == null || usual.isBefore(latest) ? usual : latest;
        LOG.warnf(
                "cluster %s is not revoked yet and has to wait %s: %s",
                lease.cluster(), Duration.between(now, due), why);
        clusters.commit(lease, recorded, row -> row.fail(why, now, due));
    }
}
