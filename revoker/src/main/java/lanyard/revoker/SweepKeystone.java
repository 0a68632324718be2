package lanyard.revoker;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lanyard.common.delegation.TrustsFromCustodian;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepFinished.Fate;
import lanyard.common.events.SweepFinished.Kind;
import lanyard.common.events.SweepFinished.Outcome;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.Reply;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.revoker.Sweep.Findings;
import lanyard.revoker.Sweep.Held;
import lanyard.revoker.Sweep.Orphan;
import lanyard.revoker.Sweep.Suspect;
import lanyard.revoker.SweepStore.Turn;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares what is Lanyard's in Keystone with the rows, and removes what belongs to no living cluster and is long known not to.
 *
 * <p>A trustee is not removed here: its cluster's row becomes a tombstone that is in doubt, in the commit that decides it, and
 * {@link RevokeCluster} does what it does for every tombstone. Trusts to the token issuer and custodians have no row. That they are
 * doomed is committed before they are removed, so what was removed is told, if not by this sweep, then by the next.
 */
@ApplicationScoped
@Startup
class SweepKeystone {
    private static final Logger LOG = Logger.getLogger(SweepKeystone.class);

    /** One removal is a few calls, each bounded in time; with less than this left of the turn none is begun. */
    private static final Duration MARGIN = Duration.ofSeconds(60);

    /** What was told so long ago must have been heard, or nothing is known for certain. */
    private static final Duration HEARING = Duration.ofMinutes(5);

    private final SweepStore store;
    private final Delegations delegations;
    private final KeystoneAdmin keystone;
    private final Hearing hearing;
    private final Duration turn;
    private final Duration interval;
    private final Sweep.Rules rules;
    private final MeterRegistry metrics;
    private final InstantSource clock;

    SweepKeystone(
            SweepStore store,
            Delegations delegations,
            KeystoneAdmin keystone,
            Hearing hearing,
            ReconcileConfig reconcile,
            SweepConfig config,
            MeterRegistry metrics,
            InstantSource clock) {
        this.store = store;
        this.delegations = delegations;
        this.keystone = keystone;
        this.hearing = hearing;
        this.turn = reconcile.lease();
        this.interval = config.interval();
        this.rules = config.rules();
        this.metrics = metrics;
        this.clock = clock;
        // There from the start: Prometheus sees no increase in a series that begins with one.
        Stream.of(Kind.TRUSTEE, Kind.TRUST, Kind.CUSTODIAN).forEach(this::removed);
    }

    private Counter removed(Kind kind) {
        return metrics.counter("lanyard.sweep.removed", "kind", kind.code());
    }

    @Scheduled(every = "${lanyard.reconcile.interval:2s}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void sweepIfDue() {
        try {
            var claimed = store.claim(turn, interval);
            if (claimed != null) {
                sweep(claimed);
            }
        } catch (RuntimeException e) {
            LOG.warnf("can't sweep now; the turn, if it was had, runs out by itself: %s", e.getMessage());
        }
    }

    private void sweep(Turn claimed) {
        var now = clock.instant();
        var lacking = hearing.lacks(now.minus(HEARING.compareTo(rules.grace()) < 0 ? HEARING : rules.grace()));
        if (lacking != null) {
            fail(claimed, Outcome.BEHIND, lacking);
            return;
        }
        switch (look()) {
            case Reply.Done<Held>(var held) -> {
                var findings = store.decide(
                        claimed, (clusters, seen) -> Sweep.decide(held, clusters, seen, rules, clock.instant()));
                if (findings != null) {
                    act(claimed, held, findings);
                }
            }
            case Reply.Denied<Held>(int status, var why) ->
                fail(claimed, Outcome.FAILED, "Keystone refused (%d): %s".formatted(status, why));
            case Reply.Unavailable<Held>(var why) -> fail(claimed, Outcome.FAILED, why);
            case Reply.Missing<Held>(), Reply.Conflict<Held>() ->
                fail(claimed, Outcome.FAILED, "Keystone changed while it was looked at");
        }
    }

    private Reply<Held> look() {
        return delegations.domain().then(domain -> keystone.listUsers(domain)
                .then(users -> toIssuer(domain).map(trusts -> new Held(users.users(), users.truncated(), trusts))));
    }

    private Reply<List<Trust>> toIssuer(String domain) {
        var trusts = keystone.findUser(domain, UserNames.ISSUER).then(issuer -> keystone.trustsTo(issuer.id()));
        return trusts instanceof Reply.Missing<List<Trust>>() ? new Reply.Done<>(List.of()) : trusts;
    }

    private void act(Turn claimed, Held held, Findings findings) {
        var removed = new ArrayList<Suspect>();
        if (!claimed.dry()) {
            removed.addAll(findings.gone());
            findings.doomed().stream()
                    .filter(suspect -> remove(claimed, suspect.orphan()))
                    .forEach(removed::add);
            removed.forEach(suspect -> {
                LOG.infof("removed an orphan: %s", suspect.orphan());
                removed(suspect.orphan().kind()).increment();
            });
        }
        var orphans = Stream.of(removed, findings.due(), findings.waiting())
                .flatMap(List::stream)
                .distinct()
                .toList();
        var listed = orphans.stream()
                .limit(SweepFinished.MOST_LISTED)
                .map(suspect -> told(suspect, fate(claimed, findings, suspect, removed::contains)))
                .toList();
        store.finish(
                claimed,
                findings,
                removed,
                new SweepFinished(
                        CredentialEvent.NO_CLUSTER,
                        claimed.request(),
                        claimed.dry(),
                        findings.outcome(),
                        message(held, findings),
                        findings.ours(),
                        findings.foreign(),
                        findings.most(),
                        listed,
                        orphans.size() - listed.size()));
    }

    /** Whether the orphan is gone; a trustee's removal is begun already. */
    private boolean remove(Turn claimed, Orphan orphan) {
        if (clock.instant().isAfter(claimed.until().minus(MARGIN))) {
            return false;
        }
        return switch (orphan.kind()) {
            case TRUSTEE -> true;
            case TRUST -> isDone(orphan, delegations.removeTrusts(List.of(orphan.id())));
            case CUSTODIAN -> removeCustodian(orphan);
            case UNKNOWN -> false;
        };
    }

    /**
     * Removes a custodian that delegates to nobody who is there, in a project in which no cluster was heard of to the very last. If the
     * provisioner takes it into use between this look and the removal, its next call fails, and it makes another.
     */
    private boolean removeCustodian(Orphan orphan) {
        var used = delegations.domain().then(domain -> TrustsFromCustodian.of(keystone, domain, orphan.id()));
        return switch (used) {
            case Reply.Done<List<Trust>>(var trusts)
            when trusts.isEmpty() && store.isAbandoned(orphan.whose()) ->
                isDone(orphan, delegations.removeUser(orphan.id()));
            case Reply.Done<List<Trust>>(var trusts) -> {
                LOG.infof("custodian %s of project %s is in use and stays", orphan.id(), orphan.whose());
                yield false;
            }
            case Reply<List<Trust>> failed -> isDone(orphan, failed.then(trusts -> Reply.done()));
        };
    }

    private static boolean isDone(Orphan orphan, Reply<Void> reply) {
        if (reply instanceof Reply.Done<Void>) {
            return true;
        }
        LOG.warnf("%s can't be removed and is left to the next sweep: %s", orphan, reply);
        return false;
    }

    private static Fate fate(Turn claimed, Findings findings, Suspect suspect, Predicate<Suspect> removed) {
        if (removed.test(suspect)) {
            return Fate.REMOVED;
        }
        if (!findings.due().contains(suspect)) {
            return Fate.WAITING;
        }
        return claimed.dry() || findings.outcome() != Outcome.DONE ? Fate.DUE : Fate.LEFT;
    }

    private SweepFinished.Orphan told(Suspect suspect, Fate fate) {
        var orphan = suspect.orphan();
        var due = suspect.since().plus(rules.grace());
        return new SweepFinished.Orphan(orphan.kind(), orphan.id(), orphan.whose(), suspect.since(), due, fate);
    }

    private static @Nullable String message(Held held, Findings findings) {
        return switch (findings.outcome()) {
            case NONE_LIVE ->
                "no living cluster is known: if the revoker's database is new or an old copy, have it read the topics anew; if all"
                        + " of these are orphans indeed, set LANYARD_SWEEP_SHARE=1 for one sweep";
            case TOO_MANY ->
                "more orphans than can be right: if the revoker's database is new or an old copy, have it read the topics anew; if"
                        + " all of these are orphans indeed, raise LANYARD_SWEEP_SHARE for one sweep";
            default ->
                held.truncated()
                        ? "Keystone lists no more than %d users and left out the others: raise its list_limit"
                                .formatted(held.users().size())
                        : null;
        };
    }

    private void fail(Turn claimed, Outcome outcome, String why) {
        LOG.warnf("nothing was swept: %s", why);
        store.finish(
                claimed,
                null,
                List.of(),
                new SweepFinished(
                        CredentialEvent.NO_CLUSTER,
                        claimed.request(),
                        claimed.dry(),
                        outcome,
                        why,
                        0,
                        0,
                        0,
                        List.of(),
                        0));
    }
}
