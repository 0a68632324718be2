package lanyard.tokenissuer;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/** What to do for a cluster so that it can be served, and to tell that it is or is not. Pure. */
final class Preparation {
    private Preparation() {}

    /**
     * What the row says.
     *
     * @param client the highest generation of the client credentials that was heard; 0 while none was
     * @param backend the highest generation of the backend that was heard; 0 while none was
     * @param incomplete whether either is not known, or disputed
     * @param announced the generation of the client credentials that was told as ready; 0 if none was
     * @param proven the generation of the backend for which Keystone gave tokens; 0 if none did, or since it refused one
     * @param told the generation of the backend that was told as failed; 0 if none was
     * @param toldAt when that was; {@code null} if none was
     * @param refusals how many backends in a row were told as failed
     */
    record Recorded(
            Phase phase,
            int client,
            int backend,
            boolean incomplete,
            int announced,
            int proven,
            int told,
            @Nullable Instant toldAt,
            int refusals) {}

    /** The one thing to do next. */
    sealed interface Step {
        /** Nothing is to be done until another event comes. */
        record Rest() implements Step {}

        /** Nothing is to be done until then, when client credentials of an older generation are over. */
        record RestUntil(Instant until) implements Step {}

        /** See whether Keystone gives a token for this. */
        record Prove(Delegated what) implements Step {}

        /** Keystone gave a token for everything that the backend delegates: record it. */
        record Accept() implements Step {}

        /** Tell that the client credentials of the newest generation are ready, with each of them sealed. */
        record Announce(List<Credential> credentials) implements Step {}

        /** Two events contradict each other about the backend, so nothing of it can be served: tell that it has to be made anew. */
        record Contradicted() implements Step {}

        /** Client credentials of an older generation are over: forget them. */
        record Forget() implements Step {}
    }

    /** What to do when Keystone refuses what was provisioned. */
    sealed interface AfterRefusal {
        /** Tell it, so that the provisioner makes the backend anew. */
        record Tell() implements AfterRefusal {}

        /** It was told, or has to wait until then to be told: one that is refused again and again is made anew ever less often. */
        record Wait(Instant until) implements AfterRefusal {}
    }

    /** @param proven that for which Keystone has given a token in this walk */
    static Step next(Recorded recorded, Served served, Set<Delegated> proven, Instant now) {
        return switch (recorded.phase()) {
            case PRESENT -> nextForPresent(recorded, served, proven, now);
            // What it has, it keeps for its clean-up; nothing is added.
            case DELETING -> new Step.Rest();
            case ABSENT -> new Step.Rest();
        };
    }

    private static Step nextForPresent(Recorded recorded, Served served, Set<Delegated> proven, Instant now) {
        if (served.disputed() && served.delegated().isEmpty() && recorded.backend() > 0) {
            return new Step.Contradicted();
        }
        if (recorded.incomplete() || served.delegated().isEmpty()) {
            return new Step.Rest();
        }
        if (recorded.proven() < recorded.backend()) {
            return served.delegated().values().stream()
                    .filter(what -> !proven.contains(what))
                    .min(Comparator.comparing(Delegated::purpose))
                    .<Step>map(Step.Prove::new)
                    .orElseGet(Step.Accept::new);
        }
        if (recorded.announced() < recorded.client()) {
            return new Step.Announce(served.delegated().keySet().stream()
                    .sorted()
                    .map(served::newest)
                    .filter(Objects::nonNull)
                    .toList());
        }
        return served.credentials().values().stream()
                .map(Credential::validUntil)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .<Step>map(until -> now.isBefore(until) ? new Step.RestUntil(until) : new Step.Forget())
                .orElseGet(Step.Rest::new);
    }

    /**
     * @param pause how long to wait after the last telling, when as many backends in a row were refused as {@code recorded} says
     * @param retry when to ask Keystone again, if there is nothing to tell
     */
    static AfterRefusal afterRefusal(Recorded recorded, Duration pause, Instant retry, Instant now) {
        if (recorded.told() >= recorded.backend()) {
            return new AfterRefusal.Wait(retry);
        }
        var from = recorded.toldAt() == null || recorded.refusals() == 0
                ? now
                : recorded.toldAt().plus(pause);
        return now.isBefore(from) ? new AfterRefusal.Wait(from) : new AfterRefusal.Tell();
    }
}
