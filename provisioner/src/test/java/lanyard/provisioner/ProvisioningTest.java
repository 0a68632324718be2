package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.Phase;
import lanyard.provisioner.Provisioning.Made;
import lanyard.provisioner.Provisioning.Recorded;
import lanyard.provisioner.Provisioning.Step;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;

/** The provisioner's decisions, held to their rules in every state that can be told apart, reachable or not. */
class ProvisioningTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final String PROJECT = "0123456789abcdef0123456789abcdef";
    private static final String OWNER = "fedcba9876543210fedcba9876543210";
    private static final User CUSTODIAN = new User("c0", "custodian-" + PROJECT, true);
    private static final Trustee TRUSTEE = new Trustee("t0", "trustee", "lanyard");
    private static final List<Grant> GRANTS = List.of(new Grant("cloud-provider", "trust", List.of("member")));
    /** The steps that make something in Keystone. */
    private static final Set<Class<? extends Step>> ON_KEYSTONE =
            Set.of(Step.PrepareCustodian.class, Step.PrepareTrustee.class, Step.Delegate.class);

    private static final List<Case> EVERY_CASE =
            everyCase().allValues().orElseThrow().toList();

    record Case(Desired desired, Recorded recorded, Made made) {
        Step next() {
            return Provisioning.next(desired, recorded, made, NOW);
        }

        boolean announced() {
            return recorded.announced() >= desired.generation();
        }

        boolean ownerKnown() {
            return desired.project() != null && desired.owner() != null;
        }
    }

    private static void inEveryCase(Consumer<Case> check) {
        assertThat(EVERY_CASE).hasSize(82_944);
        for (var state : EVERY_CASE) {
            try {
                check.accept(state);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("in the case of " + state, e);
            }
        }
    }

    private static Arbitrary<Case> everyCase() {
        var desired = Combinators.combine(
                        Arbitraries.of(Phase.class),
                        Arbitraries.of(1, 2),
                        Arbitraries.of(PROJECT).injectNull(0.5),
                        Arbitraries.of(OWNER).injectNull(0.5),
                        Arbitraries.of(false, true))
                .as(Desired::new);
        var recorded = Combinators.combine(
                        Arbitraries.of("k1").injectNull(0.5),
                        Arbitraries.of(false, true),
                        Arbitraries.of(0, 1, 2),
                        Arbitraries.of(false, true),
                        Arbitraries.of(PROJECT, "another").injectNull(0.5),
                        Arbitraries.of(NOW.minusSeconds(1), NOW, NOW.plusSeconds(1)))
                .as(Recorded::new);
        var made = Combinators.combine(
                        Arbitraries.of(CUSTODIAN).injectNull(0.5),
                        Arbitraries.of(TRUSTEE).injectNull(0.5),
                        Arbitraries.of(List.of(GRANTS)).injectNull(0.5))
                .as(Made::new);
        return Combinators.combine(desired, recorded, made).as(Case::new);
    }

    @Example
    void everyStateHasANextStep() {
        inEveryCase(state -> {
            assertThat(state.next()).isNotNull();
        });
    }

    @Example
    void onlyAPresentClusterWithOneKnownOwnerIsGrantedAnything() {
        inEveryCase(state -> {
            var step = state.next();
            if (ON_KEYSTONE.contains(step.getClass()) || step instanceof Step.Begin || step instanceof Step.Announce) {
                assertThat(state.desired().phase()).isEqualTo(Phase.PRESENT);
                assertThat(state.desired().disputed()).isFalse();
                assertThat(state.ownerKnown()).isTrue();
                assertThat(state.announced()).isFalse();
            }
        });
    }

    @Example
    void keystoneIsTouchedOnlyAfterTheRowSaysSo() {
        inEveryCase(state -> {
            var step = state.next();
            if (ON_KEYSTONE.contains(step.getClass()) || step instanceof Step.Announce) {
                assertThat(state.recorded().touched()).isTrue();
                assertThat(state.recorded().key()).isNotNull();
                assertThat(state.recorded().share()).isNotNull();
            }
        });
    }

    @Example
    void whatWasAnnouncedIsLeftAlone() {
        inEveryCase(state -> {
            if (state.desired().phase() == Phase.PRESENT && state.announced()) {
                assertThat(state.next()).isEqualTo(new Step.Rest());
            }
        });
    }

    @Example
    void aClusterThatIsBeingDeletedKeepsWhatItHasAndGetsNothing() {
        inEveryCase(state -> {
            if (state.desired().phase() == Phase.DELETING) {
                assertThat(state.next()).isEqualTo(new Step.Rest());
            }
        });
    }

    @Example
    void anAttemptIsWithdrawnExactlyWhenTheClusterIsAbsentAndKeystoneMayHaveBeenTouched() {
        inEveryCase(state -> {
            assertThat(state.next() instanceof Step.Withdraw)
                    .isEqualTo(state.desired().phase() == Phase.ABSENT
                            && state.recorded().touched());
        });
    }

    @Example
    void theShareInTheCustodianIsGivenBackOnceAndOnlyAfterTheRevocation() {
        inEveryCase(state -> {
            var recorded = state.recorded();
            var released = state.desired().phase() == Phase.ABSENT
                    && !recorded.touched()
                    && recorded.revoked()
                    && recorded.share() != null;
            assertThat(state.next() instanceof Step.Release).isEqualTo(released);
            if (released) {
                assertThat(state.next()).isEqualTo(new Step.Release(recorded.share()));
            }
        });
    }

    @Example
    void aDisputedClusterFailsUnlessItHasItsCredential() {
        inEveryCase(state -> {
            var disputed =
                    state.next() instanceof Step.Fail(var reason, var message) && reason == FailureReason.DISPUTED;
            assertThat(disputed)
                    .isEqualTo(state.desired().phase() == Phase.PRESENT
                            && state.desired().disputed()
                            && !state.announced());
        });
    }

    @Example
    void theOwnerIsAwaitedInSilenceUntilTheDeadlineAndReportedFromThen() {
        inEveryCase(state -> {
            var waits = state.desired().phase() == Phase.PRESENT
                    && !state.announced()
                    && !state.desired().disputed()
                    && !state.ownerKnown();
            var deadline = state.recorded().ownerDeadline();
            switch (state.next()) {
                case Step.AwaitOwner(var until) -> {
                    assertThat(waits && NOW.isBefore(deadline)).isTrue();
                    assertThat(until).isEqualTo(deadline);
                }
                case Step.Fail(var reason, var message)
                when reason == FailureReason.OWNER_UNKNOWN ->
                    assertThat(waits && !NOW.isBefore(deadline)).isTrue();
                case Step other -> assertThat(waits).isFalse();
            }
        });
    }

    @Example
    void theWalkMakesWhatIsMissingAndAnnouncesWhatIsMade() {
        inEveryCase(state -> {
            var made = state.made();
            switch (state.next()) {
                case Step.PrepareCustodian step -> assertThat(made.custodian()).isNull();
                case Step.PrepareTrustee step -> assertThat(made.trustee()).isNull();
                case Step.Delegate step -> assertThat(made.grants()).isNull();
                case Step.Announce(var project, var key, var custodian, var trustee, var grants) -> {
                    assertThat(project).isEqualTo(state.desired().project());
                    assertThat(key).isEqualTo(state.recorded().key());
                    assertThat(new Made(custodian, trustee, grants)).isEqualTo(made);
                }
                case Step other -> {}
            }
        });
    }

    @Example
    void everyWalkComesToItsEnd() {
        inEveryCase(state -> {
            var walked = new ArrayList<Step>();
            for (var at = state; at != null; at = after(at, at.next())) {
                walked.add(at.next());
                assertThat(walked).hasSizeLessThanOrEqualTo(6);
            }
            assertThat(Set.copyOf(walked)).as("no step is walked twice").hasSameSizeAs(walked);
        });
    }

    /** Where the step leads when all goes well; {@code null} when the walk is at its end. */
    private static Case after(Case at, Step step) {
        var r = at.recorded();
        return switch (step) {
            case Step.Rest() -> null;
            case Step.AwaitOwner wait -> null;
            case Step.Fail fail -> null;
            case Step.Begin begin ->
                new Case(
                        at.desired(),
                        new Recorded("k1", true, r.announced(), r.revoked(), PROJECT, r.ownerDeadline()),
                        at.made());
            case Step.PrepareCustodian prepare ->
                new Case(at.desired(), r, at.made().with(CUSTODIAN));
            case Step.PrepareTrustee prepare ->
                new Case(at.desired(), r, at.made().with(TRUSTEE));
            case Step.Delegate delegate -> new Case(at.desired(), r, at.made().with(GRANTS));
            case Step.Announce announce ->
                new Case(
                        at.desired(),
                        new Recorded(
                                r.key(), false, at.desired().generation(), r.revoked(), r.share(), r.ownerDeadline()),
                        at.made());
            case Step.Withdraw() ->
                new Case(
                        at.desired(),
                        new Recorded(r.key(), false, r.announced(), r.revoked(), r.share(), r.ownerDeadline()),
                        at.made());
            case Step.Release release ->
                new Case(
                        at.desired(),
                        new Recorded(r.key(), r.touched(), r.announced(), r.revoked(), null, r.ownerDeadline()),
                        at.made());
        };
    }
}
