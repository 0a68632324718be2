package lanyard.tokenissuer;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialReady;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.reconcile.Waits;
import lanyard.common.secrets.Seal;
import lanyard.tokenissuer.ClusterRow.Failure;
import lanyard.tokenissuer.Preparation.AfterRefusal;
import lanyard.tokenissuer.Preparation.Recorded;
import lanyard.tokenissuer.Preparation.Step;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Proves on Keystone that the door can serve a cluster, hands its client credentials to the conductor, sealed, and tells when Keystone
 * refuses what was provisioned.
 *
 * <p>Killed at any line, the walk starts over from the row: ids and secrets are derived anew and are the same. Killed before the
 * commit, nothing was told; after it, all of it will be.
 */
@ApplicationScoped
class ServeCluster implements Reconciliation {
    private static final Logger LOG = Logger.getLogger(ServeCluster.class);

    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final ClusterStore store;
    private final TokenCache tokens;
    private final TokenSource source;
    private final ClientCredentials clientCredentials;
    private final Seal seal;
    private final DoorUrl door;
    private final Outbox outbox;
    private final Waits waits;
    private final Duration overlap;
    private final InstantSource clock;

    ServeCluster(
            LeasedRows<ClusterRow, Recorded> clusters,
            ClusterStore store,
            TokenCache tokens,
            TokenSource source,
            ClientCredentials clientCredentials,
            Seal seal,
            DoorUrl door,
            Outbox outbox,
            Waits waits,
            TokenIssuerConfig issuer,
            InstantSource clock) {
        this.clusters = clusters;
        this.store = store;
        this.tokens = tokens;
        this.source = source;
        this.clientCredentials = clientCredentials;
        this.seal = seal;
        this.door = door;
        this.outbox = outbox;
        this.waits = waits;
        this.overlap = issuer.door().overlap();
        this.clock = clock;
    }

    @Override
    public void reconcile(Lease lease) {
        var proven = new HashSet<Delegated>();
        var recorded = clusters.read(lease);
        while (recorded != null) {
            var rows = store.read(lease.cluster());
            if (rows == null) {
                return;
            }
            if (lease.endsSoon(clock.instant())) {
                clusters.commit(lease, recorded, row -> row.retryAfter(clock.instant(), Duration.ZERO));
            } else {
                var served = Served.of(lease.cluster(), rows.entitlement(), rows.credentials());
                var step = Preparation.next(recorded, served, proven, clock.instant());
                LOG.debugf("cluster %s: %s", lease.cluster(), step.getClass().getSimpleName());
                walk(lease, recorded, served, proven, step);
            }
            // Every step either gave the lease back, which ends the walk, or is followed by a decision on the row as it
            // is now.
            recorded = clusters.read(lease);
        }
    }

    private void walk(Lease lease, Recorded recorded, Served served, Set<Delegated> proven, Step step) {
        switch (step) {
            case Step.Rest() -> clusters.commit(lease, recorded, LeasedCluster::settle);
            case Step.RestUntil(var until) ->
                clusters.commit(lease, recorded, row -> row.restUntil(clock.instant(), until));
            case Step.Prove(var what) -> prove(lease, recorded, proven, what);
            case Step.Accept() ->
                clusters.commit(lease, recorded, row -> {
                    row.proven = recorded.backend();
                    row.refusals = 0;
                    row.failure = null;
                });
            case Step.Announce(var credentials) -> announce(lease, recorded, served, credentials);
            case Step.Contradicted() ->
                refused(
                        lease,
                        recorded,
                        served.project(),
                        Failure.CONTRADICTED,
                        FailureReason.TOKEN_REFUSED,
                        "two events tell different things of backend generation %d: one of them is wrong, or forged"
                                .formatted(recorded.backend()));
            case Step.Forget() ->
                clusters.commit(lease, recorded, (session, row) -> store.forgetOver(session, lease.cluster()));
        }
    }

    /** Gets a token as the door would, which keeps it for the first client that asks. */
    private void prove(Lease lease, Recorded recorded, Set<Delegated> proven, Delegated what) {
        if (!source.canAsk(what)) {
            refused(
                    lease,
                    recorded,
                    what.project(),
                    Failure.KEY_MISSING,
                    FailureReason.KEY_MISSING,
                    "the key ring has no key '%s' any more: put it back, or rotate the backend".formatted(what.key()));
            return;
        }
        var reply = tokens.fetch(what).join();
        if (reply instanceof Reply.Done<Held>) {
            proven.add(what);
        } else if (TokenCache.isRefusal(reply)) {
            refused(
                    lease,
                    recorded,
                    what.project(),
                    Failure.KEYSTONE_REFUSES,
                    FailureReason.TOKEN_REFUSED,
                    "Keystone gives no token for purpose %s (%s): its trust, its trustee, the custodian or the project was changed"
                            .formatted(what.purpose(), why(reply)));
        } else {
            later(lease, recorded, why(reply));
        }
    }

    private static String why(Reply<?> reply) {
        return switch (reply) {
            case Reply.Done<?> _ -> "done";
            case Reply.Missing<?>() -> "404";
            case Reply.Conflict<?>() -> "409";
            case Reply.Denied<?>(int status, var why) -> why;
            case Reply.Unavailable<?>(var why) -> why;
        };
    }

    private void announce(Lease lease, Recorded recorded, Served served, List<Credential> credentials) {
        var events = credentials.stream()
                .map(credential -> ready(served, credential))
                .toList();
        clusters.commit(lease, recorded, (session, row) -> {
            row.announced = recorded.client();
            var appended = store.endOlder(
                    session, lease.cluster(), recorded.client(), clock.instant().plus(overlap));
            for (var event : events) {
                appended = appended.chain(() -> outbox.append(session, event));
            }
            return appended;
        });
    }

    private CredentialReady ready(Served served, Credential credential) {
        var sealed = seal.seal(clientCredentials.content(served, credential)).stream()
                .map(one -> new CredentialReady.Sealed(one.recipient(), one.jwe()))
                .toList();
        return new CredentialReady(
                credential.cluster(),
                String.valueOf(served.project()),
                credential.generation(),
                credential.purpose(),
                credential.id(),
                door.v3(),
                sealed);
    }

    private void refused(
            Lease lease,
            Recorded recorded,
            @Nullable String project,
            Failure failure,
            FailureReason reason,
            String message) {
        var now = clock.instant();
        var reaction = Preparation.afterRefusal(
                recorded, waits.after(recorded.refusals()), now.plus(waits.after(lease.attempts())), now);
        LOG.warnf("the door can't serve cluster %s: %s", lease.cluster(), message);
        switch (reaction) {
            case AfterRefusal.Tell() ->
                clusters.commit(lease, recorded, (session, row) -> {
                    row.failure = failure;
                    row.told = recorded.backend();
                    row.toldAt = now;
                    row.refusals++;
                    row.fail(message, now, now.plus(waits.after(lease.attempts())));
                    return outbox.append(
                            session,
                            new CredentialFailed(
                                    lease.cluster(),
                                    project,
                                    Math.max(1, recorded.client()),
                                    recorded.backend(),
                                    reason,
                                    message));
                });
            case AfterRefusal.Wait(var until) ->
                clusters.commit(lease, recorded, row -> {
                    row.failure = failure;
                    row.fail(message, now, until);
                });
        }
    }

    private void later(Lease lease, Recorded recorded, String why) {
        var wait = waits.after(lease.attempts());
        LOG.warnf("the door can't serve cluster %s yet and tries again in %s: %s", lease.cluster(), wait, why);
        var now = clock.instant();
        clusters.commit(lease, recorded, row -> {
            row.failure = Failure.KEYSTONE_UNAVAILABLE;
            row.fail(why, now, now.plus(wait));
        });
    }
}
