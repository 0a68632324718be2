package lanyard.revoker;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/** The revoker's decisions: from what should be and what is, to the one next step. Pure. */
final class Revocation {
    private Revocation() {}

    /**
     * What the row says.
     *
     * @param deadline when a deletion that was begun counts as done; {@code null} unless one was begun
     * @param revoked whether the cluster was proved gone, and nothing was heard since that puts it in doubt
     * @param project what is known of the cluster's project
     * @param doubt whether it is gone, as far as the conductor's own API was asked
     */
    record Recorded(Phase phase, @Nullable Instant deadline, boolean revoked, Project project, Doubt doubt) {
        /**
         * What the row says after a notification of the conductor's: the later phase, and the later deadline. With another project
         * there is another place to look at. Told once more to be gone, the cluster has to be seen alive after that to count as such.
         */
        Recorded join(Phase heard, Instant newDeadline, @Nullable String toldProject) {
            var later = deadline == null || deadline.isBefore(newDeadline) ? newDeadline : deadline;
            var joined = project.toldByConductor(toldProject);
            return new Recorded(
                    phase.join(heard),
                    heard == Phase.PRESENT ? deadline : later,
                    revoked && Objects.equals(joined.id(), project.id()),
                    joined,
                    heard == Phase.ABSENT ? doubt.toldAgain() : doubt);
        }
    }

    /**
     * Whether a cluster that was told to be gone is.
     *
     * @param confirmed whether its revocation may begin
     * @param livingSince since when the conductor's API says that it lives; {@code null} if it has not said so
     * @param unansweredSince since when the API was asked in vain; {@code null} if it answered last, or was not asked
     */
    record Doubt(boolean confirmed, @Nullable Instant livingSince, @Nullable Instant unansweredSince) {
        static final Doubt START = new Doubt(false, null, null);

        Doubt toldAgain() {
            return new Doubt(confirmed, null, unansweredSince);
        }
    }

    /** What the conductor's API says of a cluster. */
    enum Answer {
        /** It does not know it, or is deleting it. */
        GONE,
        LIVES,
        /** It could not be asked. */
        NONE
    }

    /**
     * How far the conductor's API is waited for.
     *
     * @param refuteAfter for how long it must say that a cluster lives, for its deletion to count as false
     * @param patience how long an answer is waited for
     */
    record Rules(Duration refuteAfter, Duration patience) {
        /** How often it is asked while it says that a cluster lives: it may have told of a deletion a moment before it is done. */
        static final Duration PACE = Duration.ofSeconds(30);

        Rules {
            if (refuteAfter.isNegative() || refuteAfter.isZero()) {
                throw new IllegalArgumentException(
                        "lanyard.conductor.refute-after is %s: it must be longer than nothing".formatted(refuteAfter));
            }
        }
    }

    /**
     * In which project a cluster is, by the two who may tell.
     *
     * @param provisioned what the provisioner told, who has worked there; it holds
     * @param told what the conductor told; of two, the lesser, because it must not depend on which came first
     */
    record Project(@Nullable String provisioned, @Nullable String told) {
        static final Project UNKNOWN = new Project(null, null);

        Project toldByConductor(@Nullable String id) {
            return new Project(provisioned, told == null || (id != null && id.compareTo(told) < 0) ? id : told);
        }

        /** Its id; {@code null} while nobody has told it. */
        @Nullable
        String id() {
            return provisioned == null ? told : provisioned;
        }
    }

    /**
     * How far this walk has got.
     *
     * @param looked whether Keystone was looked at since anything was last removed
     * @param project id of the project that was looked at; {@code null} if none was known
     * @param trustee id of the cluster's trustee, present or removed; {@code null} while none was found
     * @param trusteeThere whether the last look found it
     * @param trusts what the last look found, to the trustee and to the token issuer
     * @param removedTrusts how many were removed
     * @param removedTrustee whether a trustee was
     */
    record Progress(
            boolean looked,
            @Nullable String project,
            @Nullable String trustee,
            boolean trusteeThere,
            List<String> trusts,
            int removedTrusts,
            boolean removedTrustee) {
        static final Progress START = new Progress(false, null, null, false, List.of(), 0, false);

        Progress found(@Nullable String lookedAt, @Nullable String newTrustee, List<String> newTrusts) {
            return new Progress(
                    true,
                    lookedAt,
                    newTrustee == null ? trustee : newTrustee,
                    newTrustee != null,
                    newTrusts,
                    removedTrusts,
                    removedTrustee);
        }

        /** With a trustee to remove, the look that follows proves both gone. */
        Progress afterRemovingTrusts() {
            return new Progress(
                    trusteeThere,
                    project,
                    trustee,
                    trusteeThere,
                    List.of(),
                    removedTrusts + trusts.size(),
                    removedTrustee);
        }

        Progress afterRemovingTrustee() {
            return new Progress(false, project, trustee, false, trusts, removedTrusts, true);
        }
    }

    /** The one thing to do next. */
    sealed interface Step {
        /** Nothing is to be done until another event comes. */
        record Rest() implements Step {}

        /** The cluster is cleaning up after itself. */
        record AwaitSuccess(Instant until) implements Step {}

        /** No success was ever told: from now on the cluster counts as gone. */
        record Expire() implements Step {}

        /** Ask the conductor's API whether the cluster is gone, and {@link #weigh} the answer. */
        record Ask() implements Step {}

        /**
         * See what Keystone holds of the cluster.
         *
         * @param project id of its project; {@code null} if nobody has told it, and then nobody has made a trust to the token issuer
         */
        record Look(@Nullable String project) implements Step {}

        record RemoveTrusts(List<String> trusts) implements Step {}

        record RemoveTrustee(String trustee) implements Step {}

        /** Keystone was looked at and holds nothing: tell it. */
        record Announce(int removedTrusts, boolean removedTrustee) implements Step {}
    }

    /** What comes of an answer of the conductor's API. */
    sealed interface Verdict {
        /** The cluster is gone indeed: its revocation may begin. */
        record Confirm() implements Verdict {}

        /** Nobody has said whether it is gone, and its revocation can't wait for ever: it may begin. */
        record Presume() implements Verdict {}

        /**
         * Nobody has said whether it is gone: ask again after the usual wait.
         *
         * @param latest when to ask again at the latest; {@code null} if only an answer counts
         */
        record AwaitAnswer(@Nullable Instant latest) implements Verdict {}

        /** The conductor's API says that the cluster lives, and may say otherwise in a moment. */
        record AskAgain(Instant livingSince, Instant at) implements Verdict {}

        /** The cluster is there, whatever was told: it keeps what it has. */
        record Refute(Instant livingSince) implements Verdict {}
    }

    /** @param asks whether there is an API of the conductor's to ask */
    static Step next(Recorded recorded, Progress progress, boolean asks, Instant now) {
        return switch (recorded.phase()) {
            case PRESENT -> new Step.Rest();
            case DELETING ->
                recorded.deadline() != null && now.isBefore(recorded.deadline())
                        ? new Step.AwaitSuccess(recorded.deadline())
                        : new Step.Expire();
            case ABSENT -> {
                if (recorded.revoked()) {
                    yield new Step.Rest();
                }
                yield asks && !recorded.doubt().confirmed()
                        ? new Step.Ask()
                        : nextToRevoke(recorded.project().id(), progress);
            }
        };
    }

    static Verdict weigh(Doubt doubt, Answer answer, Rules rules, Instant now) {
        return switch (answer) {
            case GONE -> new Verdict.Confirm();
            case LIVES -> {
                var since = doubt.livingSince() == null ? now : doubt.livingSince();
                var refuted = since.plus(rules.refuteAfter());
                yield now.isBefore(refuted)
                        ? new Verdict.AskAgain(since, earlier(now.plus(Rules.PACE), refuted))
                        : new Verdict.Refute(since);
            }
            case NONE -> {
                if (doubt.livingSince() != null) {
                    yield new Verdict.AwaitAnswer(null);
                }
                var since = doubt.unansweredSince() == null ? now : doubt.unansweredSince();
                var end = since.plus(rules.patience());
                yield now.isBefore(end) ? new Verdict.AwaitAnswer(end) : new Verdict.Presume();
            }
        };
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Step nextToRevoke(@Nullable String project, Progress progress) {
        if (!progress.looked() || !Objects.equals(progress.project(), project)) {
            return new Step.Look(project);
        }
        if (!progress.trusts().isEmpty()) {
            return new Step.RemoveTrusts(progress.trusts());
        }
        if (progress.trusteeThere() && progress.trustee() != null) {
            return new Step.RemoveTrustee(progress.trustee());
        }
        return new Step.Announce(progress.removedTrusts(), progress.removedTrustee());
    }
}
