package lanyard.provisioner;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.reconcile.Waits;
import lanyard.common.secrets.KeyRing;
import lanyard.provisioner.ClusterStore.State;
import lanyard.provisioner.Provisioning.Made;
import lanyard.provisioner.Provisioning.Step;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes Keystone delegate to a cluster what the row says it should have, one step at a time.
 *
 * <p>The row is read anew before each step, so a cluster that is deleted meanwhile is taken no further. Killed between two
 * steps, the walk starts over from the row and finds in Keystone what it had made; killed before {@link Step.Begin} is
 * committed, Keystone was not touched; killed after, the row remembers that it may have been.
 */
@ApplicationScoped
class ProvisionCluster implements Reconciliation {
    private static final Logger LOG = Logger.getLogger(ProvisionCluster.class);
    private static final String DELEGATION = "project-trust";
    private static final Duration WHILE_CUSTODIAN_GOES = Duration.ofSeconds(1);

    private final ClusterStore store;
    private final Custodians custodians;
    private final Trustees trustees;
    private final ProjectTrust delegation;
    private final KeyRing keys;
    private final Outbox outbox;
    private final Waits waits;
    private final InstantSource clock;

    ProvisionCluster(
            ClusterStore store,
            Custodians custodians,
            Trustees trustees,
            ProjectTrust delegation,
            KeyRing keys,
            Outbox outbox,
            Waits waits,
            InstantSource clock) {
        this.store = store;
        this.custodians = custodians;
        this.trustees = trustees;
        this.delegation = delegation;
        this.keys = keys;
        this.outbox = outbox;
        this.waits = waits;
        this.clock = clock;
    }

    @Override
    public void reconcile(Lease lease) {
        var made = Made.NOTHING;
        var state = store.read(lease);
        while (state != null) {
            if (mayCall(lease)) {
                var step = Provisioning.next(state.desired(), state.recorded(), made, clock.instant());
                LOG.debugf("cluster %s: %s", lease.cluster(), step.getClass().getSimpleName());
                made = walk(lease, state, made, step);
            } else {
                store.commit(lease, state, row -> row.retryAfter(clock.instant(), Duration.ZERO));
            }
            // Every step either gave the lease back, which ends the walk, or is followed by a decision on the row as it
            // is now.
            var before = state.desired();
            state = store.read(lease);
            if (state != null && !state.desired().equals(before)) {
                made = Made.NOTHING;
            }
        }
    }

    private Made walk(Lease lease, State state, Made made, Step step) {
        switch (step) {
            case Step.Rest() -> store.commit(lease, state, LeasedCluster::settle);
            case Step.AwaitOwner(var until) -> store.commit(lease, state, row -> row.restUntil(clock.instant(), until));
            case Step.Begin begin -> {
                begin(lease, state, begin);
                // What was made so far may be of an earlier generation.
                return Made.NOTHING;
            }
            case Step.PrepareCustodian(var project, var anew) -> {
                var key = store.custodianKey(project, anew);
                return make(lease, state, made, Made::withCustodian, () -> custodians
                        .prepare(project, key.id(), anew)
                        .then(custodian -> key.isNew()
                                ? renewPassword(project, custodian, key.id()).map(renewed -> custodian)
                                : new Attempt.Made<>(custodian)));
            }
            case Step.Choose choose -> {
                return make(lease, state, made, Made::withWanted, () -> delegation.choose(choose));
            }
            case Step.PrepareTrustee(var backend) -> {
                return make(lease, state, made, Made::withTrustee, () -> trustees.own(lease.cluster(), backend));
            }
            case Step.PrepareIssuer(var doubtful) -> {
                return make(lease, state, made, Made::withIssuer, () -> trustees.issuer(doubtful));
            }
            case Step.Delegate delegate -> {
                var project = delegate.project();
                var key = store.custodianKey(project, false).id();
                return make(
                        lease,
                        state,
                        made,
                        Made::withGrants,
                        () -> delegation.grants(
                                lease.cluster(),
                                delegate,
                                key,
                                () -> renewPassword(project, delegate.custodian(), key)));
            }
            case Step.Announce announce -> announce(lease, state, announce);
            case Step.RemoveSurplus surplus -> removeSurplus(lease, state, surplus);
            case Step.Fail(var reason, var message) -> fail(lease, state, reason, message);
            case Step.Withdraw withdraw -> withdraw(lease, state, withdraw);
            case Step.Release(var project) -> release(lease, state, project);
        }
        return made;
    }

    /** Whether enough is left of the lease for a step on Keystone. What was read of the database before may have taken any time. */
    private boolean mayCall(Lease lease) {
        return !lease.endsSoon(clock.instant());
    }

    /** What is made after this attempt, if there was time for it. One that failed gives the lease back until the next. */
    private <T> Made make(
            Lease lease, State state, Made made, BiFunction<Made, T, Made> with, Supplier<Attempt<T>> attempt) {
        if (!mayCall(lease)) {
            return made;
        }
        return switch (attempt.get()) {
            case Attempt.Made<T>(var more) -> with.apply(made, more);
            case Attempt.Refused<T>(var reason, var message) -> {
                fail(lease, state, reason, message);
                yield made;
            }
            case Attempt.Later<T>(var why) -> {
                later(lease, state, why);
                yield made;
            }
        };
    }

    private Attempt<String> renewPassword(String project, User custodian, String key) {
        var renewed = custodians.renewPassword(custodian.id(), project, key, () -> store.custodianKey(project, false)
                .id());
        if (renewed instanceof Attempt.Made<String>(var has)) {
            store.custodianHas(project, has);
        }
        return renewed;
    }

    private void later(Lease lease, State state, String why) {
        var wait = waits.after(lease.attempts());
        LOG.warnf("cluster %s has to wait %s: %s", lease.cluster(), wait, why);
        var now = clock.instant();
        store.commit(lease, state, row -> row.fail(why, now, now.plus(wait)));
    }

    private void begin(Lease lease, State state, Step.Begin step) {
        store.commit(lease, state, (session, row) -> store.useProject(session, step.project())
                .invoke(usable -> {
                    if (usable) {
                        row.begin(step.project(), step.client(), step.backend(), keys.current());
                    } else {
                        row.retryAfter(clock.instant(), WHILE_CUSTODIAN_GOES);
                    }
                })
                .replaceWithVoid());
    }

    private void announce(Lease lease, State state, Step.Announce step) {
        var event = new CredentialProvisioned(
                lease.cluster(),
                step.project(),
                step.client(),
                step.backend(),
                DELEGATION,
                new CredentialProvisioned.Custodian(
                        step.custodian().id(), step.custodian().name()),
                step.trustee(),
                step.grants());
        // What an earlier backend, told or only begun, or an attempt that was cut short has left is looked for once
        // this one is told.
        var mayHaveOthers =
                state.recorded().announced().backend() > 0 || step.backend().generation() > 1 || lease.attempts() > 1;
        store.commit(lease, state, (session, row) -> {
            row.announce(step.client().generation(), step.backend().generation(), step.grants(), mayHaveOthers);
            if (!row.surplus) {
                row.settle();
            }
            return outbox.append(session, event);
        });
    }

    private void removeSurplus(Lease lease, State state, Step.RemoveSurplus step) {
        var cluster = lease.cluster();
        var others = store.trustsOfOthers(step.project(), cluster);
        if (!mayCall(lease)) {
            return;
        }
        var removed = delegation.removeSurplus(cluster, step.project(), step.announced(), others);
        switch (removed) {
            case Attempt.Made<Boolean> gone -> store.commit(lease, state, row -> row.surplus = false);
            case Attempt.Refused<Boolean>(var _, var message) -> later(lease, state, message);
            case Attempt.Later<Boolean>(var why) -> later(lease, state, why);
        }
    }

    /** Tells of a failure once. Where the cloud may change it is tried again, ever less often; elsewhere it rests until something is heard. */
    private void fail(Lease lease, State state, FailureReason reason, String message) {
        LOG.warnf("cluster %s gets no credential: %s", lease.cluster(), message);
        var retry =
                switch (reason) {
                    case OWNER_UNKNOWN, DISPUTED, DELETED_MEANWHILE, TOKEN_REFUSED, KEY_MISSING, UNKNOWN -> false;
                    case OWNER_HAS_NO_ROLE, PROJECT_GONE, KEYSTONE_REFUSED -> true;
                };
        store.commit(lease, state, (session, row) -> {
            var told = row.failure == reason;
            row.failure = reason;
            var now = clock.instant();
            if (retry) {
                row.fail(message, now, now.plus(waits.after(lease.attempts())));
            } else {
                row.park(message, now);
            }
            return told ? Uni.createFrom().voidItem() : outbox.append(session, failed(lease, state, reason, message));
        });
    }

    private void withdraw(Lease lease, State state, Step.Withdraw step) {
        var event = new CredentialFailed(
                lease.cluster(),
                step.certain() ? step.project() : null,
                state.desired().client(),
                state.desired().backend(),
                FailureReason.DELETED_MEANWHILE,
                "the cluster was deleted before its credential was made");
        store.commit(lease, state, (session, row) -> {
            row.touched = false;
            return takeShare(session, row, step.project()).chain(() -> outbox.append(session, event));
        });
    }

    /** Not of a custodian that is being removed: whoever does that goes on until there is no trust from it, and no custodian. */
    private Uni<Void> takeShare(Mutiny.Session session, ClusterRow row, @Nullable String project) {
        return project == null || row.share != null
                ? Uni.createFrom().voidItem()
                : store.useProject(session, project)
                        .invoke(usable -> row.share = usable ? project : null)
                        .replaceWithVoid();
    }

    private void release(Lease lease, State state, String project) {
        var last = new AtomicBoolean();
        store.commit(lease, state, (session, row) -> store.abandonProject(session, project, lease.cluster())
                .invoke(isLast -> {
                    row.share = isLast ? project : null;
                    last.set(isLast);
                })
                .replaceWithVoid());
        if (!last.get() || !mayCall(lease)) {
            return;
        }
        switch (custodians.remove(project)) {
            case Attempt.Made<Boolean>(var gone)
            when gone ->
                store.commit(lease, state, (session, row) -> {
                    row.share = null;
                    return store.forgetProject(session, project, lease.cluster());
                });
            case Attempt.Made<Boolean> _ -> keep(lease, state, project);
            case Attempt.Refused<Boolean>(var reason, var message) -> later(lease, state, message);
            case Attempt.Later<Boolean>(var why) -> later(lease, state, why);
        }
    }

    /**
     * Somebody has a trust from the custodian, which stays, and may be used, until that is gone. A living cluster of the project that has
     * no share may have it from an attempt that a database which was set back has lost: then the share is that cluster's.
     */
    private void keep(Lease lease, State state, String project) {
        var why = "there are trusts from the custodian of project %s that no cluster here has".formatted(project);
        LOG.warnf("cluster %s: %s", lease.cluster(), why);
        var now = clock.instant();
        store.commit(lease, state, (session, row) -> store.handOverShare(session, project)
                .invoke(handedOver -> {
                    if (handedOver) {
                        row.share = null;
                    } else {
                        row.fail(why, now, now.plus(waits.after(lease.attempts())));
                    }
                })
                .chain(() -> store.keepProject(session, project)));
    }

    private static CredentialFailed failed(Lease lease, State state, FailureReason reason, String message) {
        return new CredentialFailed(
                lease.cluster(),
                // Where it was worked, if it was: what was heard since may name another project.
                state.recorded().share() == null
                        ? state.desired().project()
                        : state.recorded().share(),
                state.desired().client(),
                state.desired().backend(),
                reason,
                message);
    }
}
