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
import java.util.UUID;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.keystone.Reply;
import lanyard.revoker.Comparison.Findings;
import lanyard.revoker.Comparison.Known;
import lanyard.revoker.ComparisonStore.Outcome;
import lanyard.revoker.ComparisonStore.Result;
import org.jboss.logging.Logger;

/**
 * Heals what the bus lost: compares the conductor's own list with the clusters that are known, every while. Of a cluster that has no
 * credential it tells what the lost notification would have told. One that is gone is asked for by its UUID, comparison after
 * comparison, until it counts as deleted; from there on it goes as with every deletion that was heard.
 *
 * <p>All that is concluded is committed at the end. Killed before, nothing has happened.
 */
@ApplicationScoped
@Startup
class CompareWithConductor {
    private static final Logger LOG = Logger.getLogger(CompareWithConductor.class);

    private final ComparisonStore store;
    private final Conductor conductor;
    private final Duration interval;
    private final Comparison.Rules rules;
    private final Counter told;
    private final Counter gone;
    private final InstantSource clock;

    CompareWithConductor(
            ComparisonStore store,
            Conductor conductor,
            HealingConfig config,
            MeterRegistry metrics,
            InstantSource clock) {
        this.store = store;
        this.conductor = conductor;
        this.interval = config.interval();
        this.rules = config.comparing();
        // There from the start: Prometheus sees no increase in a series that begins with one.
        this.told = metrics.counter("lanyard.conductor.told");
        this.gone = metrics.counter("lanyard.conductor.gone");
        this.clock = clock;
    }

    @Scheduled(every = "${lanyard.reconcile.interval:2s}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    @RunOnVirtualThread
    void compareIfDue() {
        if (!conductor.isThere() || interval.isZero()) {
            return;
        }
        try {
            var turn = store.claim(interval);
            if (turn != null) {
                compare(turn);
            }
        } catch (RuntimeException e) {
            LOG.warnf("can't compare with the conductor's list now; the turn runs out by itself: %s", e.getMessage());
        }
    }

    private void compare(UUID turn) {
        var result =
                switch (conductor.list()) {
                    case Reply.Done<List<Cluster>>(var listed) -> compare(listed);
                    case Reply.Denied<List<Cluster>>(int status, var why) -> failed(why);
                    case Reply.Unavailable<List<Cluster>>(var why) -> failed(why);
                    case Reply.Missing<List<Cluster>>(), Reply.Conflict<List<Cluster>>() ->
                        failed("the conductor's API has no list of clusters");
                };
        store.finish(turn, result, clock.instant());
        told.increment(result.told().size());
        gone.increment(result.gone().size());
    }

    private static Result failed(String why) {
        LOG.warnf("the conductor's list could not be compared with: %s", why);
        return Result.FAILED;
    }

    private Result compare(List<Cluster> listed) {
        // Read after the list: who is told of meanwhile is asked for below before anything is concluded.
        var findings = Comparison.compare(listed, store.known(listed), rules, clock.instant());
        var told = findings.unserved().stream()
                .filter(cluster -> cluster.project() != null && cluster.owner() != null)
                .limit(Comparison.MOST_TOLD)
                .toList();
        told.forEach(cluster -> LOG.infof("the conductor has cluster %s, and no credential was told", cluster.id()));
        if (findings.tooMany()) {
            LOG.warnf(
                    "%d clusters are not on the conductor's list, more than %d can't be right: nothing is concluded from it. If all"
                            + " of them are gone indeed, raise LANYARD_CONDUCTOR_SHARE for a while",
                    findings.unlisted().size(), findings.most());
            return result(Outcome.TOO_MANY, listed, findings, told, List.of(), List.of(), List.of());
        }
        return ask(listed, findings, told);
    }

    private Result ask(List<Cluster> listed, Findings findings, List<Cluster> told) {
        var missed = new ArrayList<String>();
        var there = new ArrayList<>(findings.listedAgain());
        var gone = new ArrayList<String>();
        for (var cluster :
                findings.unlisted().stream().limit(Comparison.MOST_ASKED).toList()) {
            var reply = conductor.find(cluster.id());
            if (reply instanceof Reply.Missing<Cluster>()) {
                missed.add(cluster.id());
                if (Comparison.isGone(cluster, rules, clock.instant())) {
                    LOG.infof("the conductor has no cluster %s any more, and no deletion was told", cluster.id());
                    gone.add(cluster.id());
                }
            } else if (reply instanceof Reply.Done<Cluster> && isMissed(cluster)) {
                there.add(cluster.id());
            }
        }
        return result(Outcome.DONE, listed, findings, told, missed, there, gone);
    }

    private static boolean isMissed(Known cluster) {
        return cluster.unlistedSince() != null;
    }

    private static Result result(
            Outcome outcome,
            List<Cluster> listed,
            Findings findings,
            List<Cluster> told,
            List<String> missed,
            List<String> there,
            List<String> gone) {
        return new Result(
                outcome,
                listed.size(),
                findings.unserved().size(),
                findings.unlisted().size(),
                told,
                missed,
                there,
                gone);
    }
}
