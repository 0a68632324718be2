package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.Phase;
import lanyard.provisioner.Provisioning.Announced;
import lanyard.provisioner.Provisioning.Made;
import lanyard.provisioner.Provisioning.Recorded;
import lanyard.provisioner.Provisioning.Step;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import org.jspecify.annotations.Nullable;

/** The provisioner's decisions, held to their rules in every state that can be told apart, reachable or not. */
class ProvisioningTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final String PROJECT = "0123456789abcdef0123456789abcdef";
    private static final String OWNER = "fedcba9876543210fedcba9876543210";
    private static final User CUSTODIAN = new User("c0", "custodian-" + PROJECT, true);
    private static final Trustee TRUSTEE = new Trustee("t0", "trustee", "lanyard");
    private static final String ISSUER = "i0";
    private static final List<Wanted> FOR_ITS_OWN = List.of(wanted("cloud-provider", Trusteeship.PER_CLUSTER));
    private static final List<Wanted> FOR_THE_ISSUER = List.of(wanted("cloud-provider", Trusteeship.ISSUER));
    private static final List<Wanted> FOR_BOTH =
            List.of(wanted("cloud-provider", Trusteeship.PER_CLUSTER), wanted("volumes", Trusteeship.ISSUER));
    private static final List<Grant> GRANTS =
            List.of(new Grant("cloud-provider", "trust", Trusteeship.PER_CLUSTER, List.of("member")));
    /** The steps that make something in Keystone. */
    private static final Set<Class<? extends Step>> ON_KEYSTONE = Set.of(
            Step.PrepareCustodian.class, Step.PrepareTrustee.class, Step.PrepareIssuer.class, Step.Delegate.class);

    private static final List<Desired> EVERY_DESIRED = Combinators.combine(
                    Arbitraries.of(Phase.class),
                    Arbitraries.of(1, 2),
                    Arbitraries.of(1, 2),
                    Arbitraries.of(PROJECT).injectNull(0.5),
                    Arbitraries.of(OWNER).injectNull(0.5),
                    Arbitraries.of(false, true))
            .as(Desired::new)
            .allValues()
            .orElseThrow()
            .toList();
    private static final List<Recorded> EVERY_RECORDED = Combinators.combine(
                    begun(),
                    begun(),
                    Arbitraries.of(false, true),
                    Arbitraries.of(announced(0, 0), announced(1, 1), announced(2, 1), announced(1, 2)),
                    Arbitraries.of(false, true),
                    Arbitraries.of(false, true),
                    Arbitraries.of("another").injectNull(0.5),
                    Arbitraries.of(NOW, NOW.plusSeconds(1)))
            .as(Recorded::new)
            .allValues()
            .orElseThrow()
            .toList();
    private static final List<Made> EVERY_MADE = Stream.concat(
                    Stream.of(
                            Made.NOTHING,
                            // No walk comes there.
                            Made.NOTHING.withTrustee(TRUSTEE).withGrants(GRANTS)),
                    Stream.concat(
                            Stream.of(Made.NOTHING.withCustodian(CUSTODIAN)),
                            Stream.of(FOR_ITS_OWN, FOR_THE_ISSUER, FOR_BOTH)
                                    .map(Made.NOTHING.withCustodian(CUSTODIAN)::withWanted)
                                    .flatMap(made -> Stream.of(
                                            made,
                                            made.withTrustee(TRUSTEE),
                                            made.withIssuer(ISSUER),
                                            made.withTrustee(TRUSTEE)
                                                    .withIssuer(ISSUER)
                                                    .withGrants(GRANTS)))))
            .toList();

    private static Wanted wanted(String purpose, Trusteeship trustee) {
        return new Wanted(purpose, trustee, new TreeSet<>(Set.of("member")));
    }

    private static Arbitrary<Generation> begun() {
        return Arbitraries.of(new Generation(1, "k1"), new Generation(2, "k2")).injectNull(0.3);
    }

    private static Announced announced(int client, int backend) {
        return client == 0
                ? new Announced(0, 0, List.of(), Set.of())
                : new Announced(client, backend, List.of("old"), Set.of("member"));
    }

    record Case(Desired desired, Recorded recorded, Made made) {
        Step next() {
            return Provisioning.next(desired, recorded, made, NOW);
        }

        boolean isPresent() {
            return desired.phase() == Phase.PRESENT;
        }

        boolean announced() {
            return recorded.announced().client() >= desired.client()
                    && recorded.announced().backend() >= desired.backend();
        }

        /** The project in which the cluster has its credential; {@code null} if it has none. */
        @Nullable
        String given() {
            return recorded.announced().backend() > 0 ? recorded.share() : null;
        }

        boolean ownerKnown() {
            return desired.project() != null && desired.owner() != null;
        }

        boolean begun() {
            return recorded.touched()
                    && recorded.share() != null
                    && covers(recorded.client(), desired.client())
                    && covers(recorded.backend(), desired.backend());
        }

        private static boolean covers(@Nullable Generation begun, int wanted) {
            return begun != null && begun.generation() >= wanted;
        }
    }

    private static void inEveryCase(Consumer<Case> check) {
        assertThat((long) EVERY_DESIRED.size() * EVERY_RECORDED.size() * EVERY_MADE.size())
                .isEqualTo(1_658_880);
        for (var desired : EVERY_DESIRED) {
            for (var recorded : EVERY_RECORDED) {
                for (var made : EVERY_MADE) {
                    var state = new Case(desired, recorded, made);
                    try {
                        check.accept(state);
                    } catch (AssertionError | RuntimeException e) {
                        throw new AssertionError("in the case of " + state, e);
                    }
                }
            }
        }
    }

    @Example
    void onlyAPresentClusterThatHasAlreadyOrOneKnownOwnerIsGrantedAnything() {
        inEveryCase(state -> {
            var step = state.next();
            if (ON_KEYSTONE.contains(step.getClass()) || step instanceof Step.Begin || step instanceof Step.Announce) {
                var certain = state.ownerKnown() && !state.desired().disputed();
                assertThat(state.isPresent() && !state.announced() && (certain || state.given() != null))
                        .isTrue();
            }
        });
    }

    @Example
    void whatIsSaidOfAClusterNeitherMovesNorWidensWhatItHas() {
        inEveryCase(state -> {
            switch (state.next()) {
                case Step.Choose(var project, var owner, var _, var delegated) -> {
                    assertThat(project).isEqualTo(state.given() == null ? PROJECT : state.given());
                    var certain = !state.desired().disputed()
                            && project.equals(state.desired().project());
                    assertThat(owner).isEqualTo(certain ? state.desired().owner() : null);
                    assertThat(owner != null || state.given() != null).isTrue();
                    assertThat(delegated).isEqualTo(state.recorded().announced().roles());
                }
                case Step.PrepareCustodian(var project, var _) ->
                    assertThat(project).isEqualTo(state.given() == null ? PROJECT : state.given());
                case Step _ -> {}
            }
        });
    }

    @Example
    void keystoneIsTouchedOnlyAfterTheRowSaysSoWithTheKeysOfTheseGenerations() {
        inEveryCase(state -> {
            var step = state.next();
            if (ON_KEYSTONE.contains(step.getClass()) || step instanceof Step.Announce) {
                assertThat(state.begun()).isTrue();
            }
            if (step instanceof Step.Begin begin) {
                assertThat(begin.project()).isEqualTo(state.given() == null ? PROJECT : state.given());
                var recorded = state.recorded();
                if (state.begun()) {
                    // What was made is not what was announced of this generation.
                    assertThat(state.made().grants()).isEqualTo(GRANTS);
                    assertThat(recorded.announced().backend())
                            .isGreaterThanOrEqualTo(recorded.backend().generation());
                    assertThat(begin.client()).isEqualTo(recorded.client().generation());
                    assertThat(begin.backend()).isEqualTo(recorded.announced().backend() + 1);
                } else {
                    assertThat(begin.client()).isEqualTo(state.desired().client());
                    assertThat(begin.backend()).isEqualTo(state.desired().backend());
                }
            }
        });
    }

    @Example
    void whatWasAnnouncedIsLeftAloneButForWhatIsNoPartOfIt() {
        inEveryCase(state -> {
            if (state.isPresent() && state.announced()) {
                var recorded = state.recorded();
                assertThat(state.next())
                        .isEqualTo(
                                recorded.surplus() && recorded.share() != null
                                        ? new Step.RemoveSurplus(
                                                recorded.share(),
                                                recorded.announced().trusts())
                                        : new Step.Rest());
            } else {
                assertThat(state.next() instanceof Step.RemoveSurplus).isFalse();
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
        inEveryCase(state -> assertThat(state.next() instanceof Step.Withdraw)
                .isEqualTo(state.desired().phase() == Phase.ABSENT
                        && state.recorded().touched()));
    }

    @Example
    void anAttemptIsWithdrawnWhereItWasMadeOrElseWhereTheClusterIsSaidToBeWhichIsCertainUnlessDisputed() {
        inEveryCase(state -> {
            if (state.next() instanceof Step.Withdraw(var project, var certain)) {
                var share = state.recorded().share();
                assertThat(project).isEqualTo(share == null ? state.desired().project() : share);
                assertThat(certain).isEqualTo(share != null || !state.desired().disputed());
            }
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
            var disputed = state.next() instanceof Step.Fail(var reason, var _) && reason == FailureReason.DISPUTED;
            assertThat(disputed)
                    .isEqualTo(state.isPresent()
                            && state.desired().disputed()
                            && !state.announced()
                            && state.given() == null);
        });
    }

    @Example
    void theOwnerIsAwaitedInSilenceUntilTheDeadlineAndReportedFromThen() {
        inEveryCase(state -> {
            var waits = state.isPresent()
                    && !state.announced()
                    && state.given() == null
                    && !state.desired().disputed()
                    && !state.ownerKnown();
            var deadline = state.recorded().ownerDeadline();
            switch (state.next()) {
                case Step.AwaitOwner(var until) -> {
                    assertThat(waits && NOW.isBefore(deadline)).isTrue();
                    assertThat(until).isEqualTo(deadline);
                }
                case Step.Fail(var reason, var _)
                when reason == FailureReason.OWNER_UNKNOWN ->
                    assertThat(waits && !NOW.isBefore(deadline)).isTrue();
                case Step _ -> assertThat(waits).isFalse();
            }
        });
    }

    @Example
    void theWalkMakesWhatIsMissingAndAnnouncesWhatIsMade() {
        inEveryCase(state -> {
            var made = state.made();
            switch (state.next()) {
                case Step.PrepareCustodian _ -> assertThat(made.custodian()).isNull();
                case Step.Choose _ -> assertThat(made.wanted()).isNull();
                case Step.PrepareTrustee _ -> {
                    assertThat(made.trustee()).isNull();
                    assertThat(made.wanted()).isIn(FOR_ITS_OWN, FOR_BOTH);
                }
                case Step.PrepareIssuer _ -> {
                    assertThat(made.issuer()).isNull();
                    assertThat(made.wanted()).isIn(FOR_THE_ISSUER, FOR_BOTH);
                }
                case Step.Delegate(var _, var _, var wanted, var trustee, var issuer, var _) -> {
                    assertThat(made.grants()).isNull();
                    assertThat(trustee != null || wanted.equals(FOR_THE_ISSUER)).isTrue();
                    assertThat(issuer != null || wanted.equals(FOR_ITS_OWN)).isTrue();
                }
                case Step.Announce(var project, var client, var backend, var custodian, var trustee, var grants) -> {
                    assertThat(project).isEqualTo(state.given() == null ? PROJECT : state.given());
                    assertThat(client).isEqualTo(state.recorded().client());
                    assertThat(backend).isEqualTo(state.recorded().backend());
                    assertThat(new Made(custodian, made.wanted(), trustee, made.issuer(), grants))
                            .isEqualTo(made);
                }
                case Step _ -> {}
            }
        });
    }

    @Example
    void aPasswordIsSetAndATrustReplacedOnlyForABackendThatWasNotAnnounced() {
        inEveryCase(state -> {
            var backend =
                    switch (state.next()) {
                        case Step.PrepareTrustee(var prepared) -> prepared;
                        case Step.Delegate delegate -> delegate.backend();
                        case Step _ -> null;
                    };
            if (backend != null) {
                var announced = state.recorded().announced();
                assertThat(backend.generation()).isEqualTo(state.recorded().backend());
                assertThat(backend.isNew())
                        .isEqualTo(announced.backend() < backend.generation().generation());
                assertThat(backend.announced()).isEqualTo(announced.trusts());
            }
            var anew =
                    switch (state.next()) {
                        case Step.PrepareCustodian custodian -> custodian.anew();
                        case Step.PrepareIssuer(var doubtful) -> doubtful;
                        case Step _ -> null;
                    };
            if (anew != null) {
                var generation = state.recorded().backend().generation();
                assertThat(anew)
                        .isEqualTo(
                                generation > 1 && state.recorded().announced().backend() < generation);
            }
        });
    }

    @Example
    void everyWalkComesToItsEnd() {
        inEveryCase(state -> {
            var walked = new ArrayList<List<?>>();
            for (var at = state; at != null; ) {
                var step = at.next();
                walked.add(Arrays.asList(
                        step.getClass(), at.recorded().client(), at.recorded().backend()));
                assertThat(walked.size()).isLessThanOrEqualTo(15);
                at = after(at, step);
            }
            assertThat(Set.copyOf(walked).size())
                    .as("no step is walked twice for what was begun")
                    .isEqualTo(walked.size());
        });
    }

    /** Where the step leads when all goes well; {@code null} when the walk is at its end. */
    private static @Nullable Case after(Case at, Step step) {
        var r = at.recorded();
        var made = at.made();
        return switch (step) {
            case Step.Rest() -> null;
            case Step.AwaitOwner _ -> null;
            case Step.Fail _ -> null;
            case Step.Begin(var project, int client, int backend) ->
                new Case(
                        at.desired(),
                        new Recorded(
                                new Generation(client, "k1"),
                                new Generation(backend, "k1"),
                                true,
                                r.announced(),
                                r.surplus(),
                                r.revoked(),
                                project,
                                r.ownerDeadline()),
                        Made.NOTHING);
            case Step.PrepareCustodian _ -> new Case(at.desired(), r, made.withCustodian(CUSTODIAN));
            case Step.Choose _ -> new Case(at.desired(), r, made.withWanted(FOR_BOTH));
            case Step.PrepareTrustee _ -> new Case(at.desired(), r, made.withTrustee(TRUSTEE));
            case Step.PrepareIssuer _ -> new Case(at.desired(), r, made.withIssuer(ISSUER));
            case Step.Delegate _ -> new Case(at.desired(), r, made.withGrants(GRANTS));
            case Step.Announce announce ->
                at(
                        at,
                        false,
                        new Announced(
                                announce.client().generation(),
                                announce.backend().generation(),
                                List.of("trust"),
                                Set.of()),
                        true,
                        r.share());
            case Step.RemoveSurplus _ -> at(at, r.touched(), r.announced(), false, r.share());
            case Step.Withdraw withdraw ->
                at(at, false, r.announced(), r.surplus(), r.share() == null ? withdraw.project() : r.share());
            case Step.Release _ -> at(at, r.touched(), r.announced(), r.surplus(), null);
        };
    }

    private static Case at(Case at, boolean touched, Announced announced, boolean surplus, @Nullable String share) {
        var r = at.recorded();
        return new Case(
                at.desired(),
                new Recorded(
                        r.client(), r.backend(), touched, announced, surplus, r.revoked(), share, r.ownerDeadline()),
                at.made());
    }
}
