package lanyard.tokenissuer;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import lanyard.common.events.CredentialReady;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.common.reconcile.Backoff;
import lanyard.common.reconcile.Lease;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.LeasedRows;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.secrets.Seal;
import lanyard.tokenissuer.ClusterRow.Failure;
import lanyard.tokenissuer.Preparation.Recorded;
import lanyard.tokenissuer.Preparation.Step;
import lanyard.tokenissuer.TokenCache.Obtained;
import org.jboss.logging.Logger;

/**
 * Proves on Keystone that the door can serve a cluster, and then hands its client credentials to the conductor, sealed.
 *
 * <p>Killed at any line, the walk starts over from the row: ids and secrets are derived anew and are the same. Killed before the
 * commit, nothing was told; after it, all of it will be.
 */
@ApplicationScoped
class ServeCluster implements Reconciliation {
    private static final Logger LOG = Logger.getLogger(ServeCluster.class);

    private final LeasedRows<ClusterRow, Recorded> clusters;
    private final CredentialStore store;
    private final TokenCache tokens;
    private final ClientCredentials clientCredentials;
    private final Seal seal;
    private final DoorUrl door;
    private final Outbox outbox;
    private final Backoff backoff;
    private final InstantSource clock;

    ServeCluster(
            LeasedRows<ClusterRow, Recorded> clusters,
            CredentialStore store,
            TokenCache tokens,
            ClientCredentials clientCredentials,
            Seal seal,
            DoorUrl door,
            Outbox outbox,
            ReconcileConfig config,
            InstantSource clock) {
        this.clusters = clusters;
        this.store = store;
        this.tokens = tokens;
        this.clientCredentials = clientCredentials;
        this.seal = seal;
        this.door = door;
        this.outbox = outbox;
        this.backoff = config.backoff();
        this.clock = clock;
    }

    @Override
    public void reconcile(Lease lease) {
        var proven = new HashSet<String>();
        var recorded = clusters.read(lease);
        while (recorded != null) {
            if (lease.endsSoon(clock.instant())) {
                clusters.commit(lease, recorded, row -> row.retryAt(clock.instant()));
                return;
            }
            var step = Preparation.next(recorded, store.credentials(lease.cluster()), proven);
            LOG.debugf("cluster %s: %s", lease.cluster(), step.getClass().getSimpleName());
            walk(lease, recorded, proven, step);
            // Every step either gave the lease back, which ends the walk, or is followed by a decision on the row as it
            // is now.
            recorded = clusters.read(lease);
        }
    }

    private void walk(Lease lease, Recorded recorded, Set<String> proven, Step step) {
        switch (step) {
            case Step.Rest() -> clusters.commit(lease, recorded, LeasedCluster::settle);
            case Step.Prove(var credential) -> prove(lease, recorded, proven, credential);
            case Step.Announce(var credentials) -> announce(lease, recorded, credentials);
        }
    }

    /** Gets a token as the door would, which keeps it for the first client that asks. */
    private void prove(Lease lease, Recorded recorded, Set<String> proven, Credential credential) {
        if (!clientCredentials.canDerive(credential)) {
            later(
                    lease,
                    recorded,
                    Failure.KEY_MISSING,
                    "the key ring has no key '%s' any more".formatted(credential.key()));
            return;
        }
        switch (tokens.get(credential)) {
            case Reply.Done<Obtained> done -> proven.add(credential.id());
            case Reply.Missing<Obtained>() ->
                later(lease, recorded, Failure.KEYSTONE_REFUSES, "Keystone knows no such trust or trustee (404)");
            case Reply.Denied<Obtained>(int status, var why) ->
                later(lease, recorded, Failure.KEYSTONE_REFUSES, "Keystone refuses (%d): %s".formatted(status, why));
            case Reply.Conflict<Obtained>() ->
                later(lease, recorded, Failure.KEYSTONE_UNAVAILABLE, "Keystone answered 409");
            case Reply.Unavailable<Obtained>(var why) -> later(lease, recorded, Failure.KEYSTONE_UNAVAILABLE, why);
        }
    }

    private void announce(Lease lease, Recorded recorded, List<Credential> credentials) {
        var events = credentials.stream().map(this::ready).toList();
        clusters.commit(lease, recorded, (session, row) -> {
            row.announced = recorded.generation();
            row.failure = null;
            row.settle();
            var appended = Uni.createFrom().voidItem();
            for (var event : events) {
                appended = appended.chain(() -> outbox.append(session, event));
            }
            return appended;
        });
    }

    private CredentialReady ready(Credential credential) {
        var sealed = seal.seal(clientCredentials.content(credential)).stream()
                .map(one -> new CredentialReady.Sealed(one.recipient(), one.jwe()))
                .toList();
        return new CredentialReady(
                credential.cluster(),
                credential.project(),
                credential.generation(),
                credential.purpose(),
                credential.id(),
                door.v3(),
                sealed);
    }

    private void later(Lease lease, Recorded recorded, Failure failure, String why) {
        var wait = backoff.after(lease.attempts(), ThreadLocalRandom.current().nextDouble());
        LOG.warnf("the door can't serve cluster %s yet and tries again in %s: %s", lease.cluster(), wait, why);
        clusters.commit(lease, recorded, row -> {
            row.failure = failure;
            row.retryAt(clock.instant().plus(wait));
        });
    }
}
