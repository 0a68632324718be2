package lanyard.tokenissuer;

import java.util.List;
import java.util.Set;
import lanyard.common.reconcile.Phase;

/** What to do for a cluster before its credentials are handed to the conductor. Pure. */
final class Preparation {
    private Preparation() {}

    /**
     * What the row says. What the credentials are is determined by it: those of one generation never change, unless it becomes
     * disputed.
     *
     * @param generation the highest that was heard; 0 while none was
     * @param announced the generation that was announced as ready; 0 if none was
     */
    record Recorded(Phase phase, int generation, boolean disputed, int announced) {}

    /** The one thing to do next. */
    sealed interface Step {
        /** Nothing is to be done until another event comes. */
        record Rest() implements Step {}

        /** See whether Keystone gives a token for this credential. */
        record Prove(Credential credential) implements Step {}

        /** Every credential can be served: tell it, with the client credentials sealed. */
        record Announce(List<Credential> credentials) implements Step {}
    }

    /**
     * @param credentials of the recorded generation
     * @param proven ids of those for which Keystone has given a token in this walk
     */
    static Step next(Recorded recorded, List<Credential> credentials, Set<String> proven) {
        return switch (recorded.phase()) {
            case PRESENT -> nextForPresent(recorded, credentials, proven);
            // What it has, it keeps for its clean-up; nothing is added.
            case DELETING -> new Step.Rest();
            case ABSENT -> new Step.Rest();
        };
    }

    private static Step nextForPresent(Recorded recorded, List<Credential> credentials, Set<String> proven) {
        if (recorded.disputed() || recorded.announced() >= recorded.generation() || credentials.isEmpty()) {
            return new Step.Rest();
        }
        return credentials.stream()
                .filter(credential -> !proven.contains(credential.id()))
                .findFirst()
                .<Step>map(Step.Prove::new)
                .orElseGet(() -> new Step.Announce(credentials));
    }
}
