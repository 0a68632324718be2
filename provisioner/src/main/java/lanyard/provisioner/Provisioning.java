package lanyard.provisioner;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.reconcile.Desired;
import org.jspecify.annotations.Nullable;

/** The provisioner's decisions: from what should be and what is, to the one next step. Pure. */
final class Provisioning {
    private Provisioning() {}

    /**
     * What the row says has been done.
     *
     * @param client the client credential's generation that was begun last; {@code null} until an attempt was
     * @param backend the backend's generation that was begun last; {@code null} until an attempt was
     * @param touched whether Keystone may hold something of this cluster that was not told: an attempt was begun, or may have been by a
     *     provisioner whose database was set back since
     * @param announced what was announced as provisioned
     * @param surplus whether Keystone may hold trusts of the cluster that were not announced last
     * @param revoked whether the revoker has proved that nothing of the cluster is left
     * @param share id of the project in whose custodian the cluster has a share; {@code null} before an attempt was begun or another
     *     cluster's share was handed over, and once the share has been given back. Not the project that was heard: a forged event may change that
     * @param ownerDeadline when to stop waiting for the owner in silence
     */
    record Recorded(
            @Nullable Generation client,
            @Nullable Generation backend,
            boolean touched,
            Announced announced,
            boolean surplus,
            boolean revoked,
            @Nullable String share,
            Instant ownerDeadline) {}

    /**
     * What was announced as provisioned.
     *
     * @param client generation of the client credential; 0 if none was
     * @param backend generation of the backend; 0 if none was
     * @param trusts ids of the trusts
     * @param roles that they delegate
     */
    record Announced(int client, int backend, List<String> trusts, Set<String> roles) {
        Announced {
            trusts = List.copyOf(trusts);
            roles = Set.copyOf(roles);
        }
    }

    /**
     * How far this walk has got in Keystone. It is kept nowhere: a walk that is cut short is made again, and finds what is there.
     *
     * @param issuer id of the token issuer's user
     */
    record Made(
            @Nullable User custodian,
            @Nullable List<Wanted> wanted,
            @Nullable Trustee trustee,
            @Nullable String issuer,
            @Nullable List<Grant> grants) {
        static final Made NOTHING = new Made(null, null, null, null, null);

        Made withCustodian(User made) {
            return new Made(made, wanted, trustee, issuer, grants);
        }

        Made withWanted(List<Wanted> chosen) {
            return new Made(custodian, chosen, trustee, issuer, grants);
        }

        Made withTrustee(Trustee made) {
            return new Made(custodian, wanted, made, issuer, grants);
        }

        Made withIssuer(String found) {
            return new Made(custodian, wanted, trustee, found, grants);
        }

        Made withGrants(List<Grant> made) {
            return new Made(custodian, wanted, trustee, issuer, made);
        }
    }

    /**
     * What stands behind the client credential, as it is to be made.
     *
     * @param isNew whether it was never announced: then its password is to be set, and no trust that was announced is part of it
     * @param announced ids of the trusts that were announced last
     */
    record Backend(Generation generation, boolean isNew, List<String> announced) {}

    /** The one thing to do next. */
    sealed interface Step {
        /** All is as it should be, or nothing can be done until another event comes. */
        record Rest() implements Step {}

        /** The event that names the owner is still to come. */
        record AwaitOwner(Instant until) implements Step {}

        /**
         * Record that Keystone is about to be changed for this cluster and from which keys, and keep the project's custodian from being
         * removed.
         */
        record Begin(String project, int client, int backend) implements Step {}

        /**
         * See to it that the project's custodian exists and holds the profiles' roles.
         *
         * @param anew whether for a backend in place of another: then the project must be enabled, which is in doubt, and the custodian's
         *     password come from the current master key
         */
        record PrepareCustodian(String project, boolean anew) implements Step {}

        /**
         * See which of the profiles' roles the owner holds.
         *
         * @param owner {@code null} if it is not known for certain: then the cluster gets what it was given before, and no more
         * @param delegated the roles that the cluster was given before, and keeps whatever becomes of its owner
         */
        record Choose(String project, @Nullable String owner, User custodian, Set<String> delegated) implements Step {}

        /** See to it that the cluster's trustee exists, and that a new backend's password is its own. */
        record PrepareTrustee(Backend backend) implements Step {}

        /** See to it that the token issuer's user exists, and is able to log in if that was ever in doubt. */
        record PrepareIssuer(boolean doubtful) implements Step {}

        /** See to it that there is a trust for each purpose. */
        record Delegate(
                String project,
                User custodian,
                List<Wanted> wanted,
                @Nullable Trustee trustee,
                @Nullable String issuer,
                Backend backend)
                implements Step {}

        /** Tell that the credential is there. */
        record Announce(
                String project,
                Generation client,
                Generation backend,
                User custodian,
                @Nullable Trustee trustee,
                List<Grant> grants)
                implements Step {}

        /** Remove the cluster's trusts but those that were announced last. */
        record RemoveSurplus(String project, List<String> announced) implements Step {}

        /** Tell that it can't be had, and why. */
        record Fail(FailureReason reason, String message) implements Step {}

        /**
         * Tell that nothing is made any more because the cluster is gone, so that the revoker looks for what an attempt has left; and have
         * a share in the custodian, which may be there, to give it back.
         *
         * @param project id of the project in which an attempt may have been made; {@code null} if nobody has told one
         * @param certain whether an attempt can have been made nowhere else; only then the project is told
         */
        record Withdraw(@Nullable String project, boolean certain) implements Step {}

        /** Give back the cluster's share in the custodian, and remove the custodian with the last one. */
        record Release(String project) implements Step {}
    }

    static Step next(Desired desired, Recorded recorded, Made made, Instant now) {
        return switch (desired.phase()) {
            case PRESENT -> nextForPresent(desired, recorded, made, now);
            // What it has, it keeps for its clean-up; nothing is added.
            case DELETING -> new Step.Rest();
            case ABSENT -> nextForAbsent(desired, recorded);
        };
    }

    private static Step nextForPresent(Desired desired, Recorded recorded, Made made, Instant now) {
        var announced = recorded.announced();
        if (announced.client() >= desired.client() && announced.backend() >= desired.backend()) {
            return recorded.surplus() && recorded.share() != null
                    ? new Step.RemoveSurplus(recorded.share(), announced.trusts())
                    : new Step.Rest();
        }
        // What it was given it keeps, and can have made anew, whatever is said of its project and owner since.
        // Otherwise a forged notification in the middle of a rotation would end it.
        var given = announced.backend() > 0 ? recorded.share() : null;
        if (desired.disputed() && given == null) {
            return new Step.Fail(
                    FailureReason.DISPUTED,
                    "two notifications name different projects or owners for this cluster, and one of them must be forged;"
                            + " nothing is granted to it");
        }
        var project = given == null ? desired.project() : given;
        var owner = desired.disputed() || !Objects.equals(project, desired.project()) ? null : desired.owner();
        if (project == null || (owner == null && given == null)) {
            return now.isBefore(recorded.ownerDeadline())
                    ? new Step.AwaitOwner(recorded.ownerDeadline())
                    : new Step.Fail(
                            FailureReason.OWNER_UNKNOWN,
                            "the notification that names the cluster's owner (magnum.cluster.create, pending) was not heard;"
                                    + " the credential will be made if it still comes");
        }
        var client = recorded.client();
        var backend = recorded.backend();
        return recorded.touched()
                        && recorded.share() != null
                        && client != null
                        && client.generation() >= desired.client()
                        && backend != null
                        && backend.generation() >= desired.backend()
                ? nextToMake(project, owner, client, backend, announced, made)
                : new Step.Begin(project, desired.client(), desired.backend());
    }

    private static Step nextToMake(
            String project,
            @Nullable String owner,
            Generation client,
            Generation generation,
            Announced announced,
            Made made) {
        var backend = new Backend(generation, announced.backend() < generation.generation(), announced.trusts());
        // In place of one that was announced or only begun: most often because Keystone refused it.
        var anew = backend.isNew() && generation.generation() > 1;
        var custodian = made.custodian();
        if (custodian == null) {
            return new Step.PrepareCustodian(project, anew);
        }
        var wanted = made.wanted();
        if (wanted == null) {
            return new Step.Choose(project, owner, custodian, announced.roles());
        }
        if (made.trustee() == null && isFor(Trusteeship.PER_CLUSTER, wanted)) {
            return new Step.PrepareTrustee(backend);
        }
        if (made.issuer() == null && isFor(Trusteeship.ISSUER, wanted)) {
            return new Step.PrepareIssuer(anew);
        }
        var grants = made.grants();
        if (grants == null) {
            return new Step.Delegate(project, custodian, wanted, made.trustee(), made.issuer(), backend);
        }
        // Of one backend only one thing is told: where a trust was removed, or a role came, this is another one.
        return backend.isNew() || trusts(grants).equals(Set.copyOf(announced.trusts()))
                ? new Step.Announce(project, client, generation, custodian, made.trustee(), grants)
                : new Step.Begin(project, client.generation(), announced.backend() + 1);
    }

    private static Set<String> trusts(List<Grant> grants) {
        return grants.stream().map(Grant::trust).collect(Collectors.toUnmodifiableSet());
    }

    private static boolean isFor(Trusteeship trustee, List<Wanted> wanted) {
        return wanted.stream().anyMatch(grant -> grant.trustee() == trustee);
    }

    private static Step nextForAbsent(Desired desired, Recorded recorded) {
        if (recorded.touched()) {
            // Where it was worked: what was heard since may name another project.
            return recorded.share() == null
                    ? new Step.Withdraw(desired.project(), !desired.disputed())
                    : new Step.Withdraw(recorded.share(), true);
        }
        if (recorded.revoked() && recorded.share() != null) {
            return new Step.Release(recorded.share());
        }
        return new Step.Rest();
    }
}
