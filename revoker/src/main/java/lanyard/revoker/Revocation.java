package lanyard.revoker;

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
     */
    record Recorded(Phase phase, @Nullable Instant deadline, boolean revoked, Project project) {
        /**
         * What the row says after a notification of the conductor's: the later phase, and the later deadline. With another project
         * there is another place to look at.
         */
        Recorded join(Phase heard, Instant newDeadline, @Nullable String toldProject) {
            var later = deadline == null || deadline.isBefore(newDeadline) ? newDeadline : deadline;
            var joined = project.toldByConductor(toldProject);
            return new Recorded(
                    phase.join(heard),
                    heard == Phase.PRESENT ? deadline : later,
                    revoked && Objects.equals(joined.id(), project.id()),
                    joined);
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

    static Step next(Recorded recorded, Progress progress, Instant now) {
        return switch (recorded.phase()) {
            case PRESENT -> new Step.Rest();
            case DELETING ->
                recorded.deadline() != null && now.isBefore(recorded.deadline())
                        ? new Step.AwaitSuccess(recorded.deadline())
                        : new Step.Expire();
            case ABSENT ->
                recorded.revoked()
                        ? new Step.Rest()
                        : nextToRevoke(recorded.project().id(), progress);
        };
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
