package lanyard.provisioner;

import java.time.Instant;
import java.util.List;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.reconcile.Desired;
import org.jspecify.annotations.Nullable;

/** The provisioner's decisions: from what should be and what is, to the one next step. Pure. */
final class Provisioning {
    private Provisioning() {}

    /**
     * What the row says has been done.
     *
     * @param key id of the master key of the trustee's password; {@code null} until an attempt was begun
     * @param touched whether an attempt was begun whose outcome was not told: Keystone may hold something of this cluster
     * @param announced the generation that was announced as provisioned; 0 if none was
     * @param revoked whether the revoker has proved that nothing of the cluster is left
     * @param share id of the project in whose custodian the cluster has a share; {@code null} before an attempt was begun, and once
     *     the share has been given back. Not the project that was heard: a forged event may change that
     * @param ownerDeadline when to stop waiting for the owner in silence
     */
    record Recorded(
            @Nullable String key,
            boolean touched,
            int announced,
            boolean revoked,
            @Nullable String share,
            Instant ownerDeadline) {}

    /**
     * How far this walk has got in Keystone. It is kept nowhere: a walk that is cut short is made again, and finds what is there.
     */
    record Made(@Nullable User custodian, @Nullable Trustee trustee, @Nullable List<Grant> grants) {
        static final Made NOTHING = new Made(null, null, null);

        Made with(User newCustodian) {
            return new Made(newCustodian, trustee, grants);
        }

        Made with(Trustee newTrustee) {
            return new Made(custodian, newTrustee, grants);
        }

        Made with(List<Grant> newGrants) {
            return new Made(custodian, trustee, newGrants);
        }
    }

    /** The one thing to do next. */
    sealed interface Step {
        /** All is as it should be, or nothing can be done until another event comes. */
        record Rest() implements Step {}

        /** The event that names the owner is still to come. */
        record AwaitOwner(Instant until) implements Step {}

        /** Record that Keystone is about to be changed for this cluster, and keep the project's custodian from being removed. */
        record Begin(String project) implements Step {}

        /** See to it that the project's custodian exists and holds the profiles' roles. */
        record PrepareCustodian(String project) implements Step {}

        /** See to it that the cluster's trustee exists with the derived password. */
        record PrepareTrustee(String key) implements Step {}

        /** See to it that there is a trust for each purpose, of the roles that the owner holds. */
        record Delegate(String project, String owner, User custodian, Trustee trustee) implements Step {}

        /** Tell that the credential is there. */
        record Announce(String project, String key, User custodian, Trustee trustee, List<Grant> grants)
                implements Step {}

        /** Tell that it can't be had, and why. */
        record Fail(FailureReason reason, String message) implements Step {}

        /** Tell that an attempt was given up because the cluster is gone, so that the revoker looks for what it left. */
        record Withdraw() implements Step {}

        /** Give back the cluster's share in the custodian, and remove the custodian with the last one. */
        record Release(String project) implements Step {}
    }

    static Step next(Desired desired, Recorded recorded, Made made, Instant now) {
        return switch (desired.phase()) {
            case PRESENT -> nextForPresent(desired, recorded, made, now);
            // What it has, it keeps for its clean-up; nothing is added.
            case DELETING -> new Step.Rest();
            case ABSENT -> nextForAbsent(recorded);
        };
    }

    private static Step nextForPresent(Desired desired, Recorded recorded, Made made, Instant now) {
        if (recorded.announced() >= desired.generation()) {
            return new Step.Rest();
        }
        if (desired.disputed()) {
            return new Step.Fail(
                    FailureReason.DISPUTED,
                    "two notifications name different projects or owners for this cluster, and one of them must be forged;"
                            + " nothing is granted to it");
        }
        if (desired.project() == null || desired.owner() == null) {
            return now.isBefore(recorded.ownerDeadline())
                    ? new Step.AwaitOwner(recorded.ownerDeadline())
                    : new Step.Fail(
                            FailureReason.OWNER_UNKNOWN,
                            "the notification that names the cluster's owner (magnum.cluster.create, pending) was not heard;"
                                    + " the credential will be made if it still comes");
        }
        if (!recorded.touched() || recorded.key() == null || recorded.share() == null) {
            return new Step.Begin(desired.project());
        }
        if (made.custodian() == null) {
            return new Step.PrepareCustodian(desired.project());
        }
        if (made.trustee() == null) {
            return new Step.PrepareTrustee(recorded.key());
        }
        if (made.grants() == null) {
            return new Step.Delegate(desired.project(), desired.owner(), made.custodian(), made.trustee());
        }
        return new Step.Announce(desired.project(), recorded.key(), made.custodian(), made.trustee(), made.grants());
    }

    private static Step nextForAbsent(Recorded recorded) {
        if (recorded.touched()) {
            return new Step.Withdraw();
        }
        if (recorded.revoked() && recorded.share() != null) {
            return new Step.Release(recorded.share());
        }
        return new Step.Rest();
    }
}
