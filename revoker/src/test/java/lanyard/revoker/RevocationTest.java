package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import lanyard.common.reconcile.Phase;
import lanyard.revoker.Revocation.Answer;
import lanyard.revoker.Revocation.Doubt;
import lanyard.revoker.Revocation.Progress;
import lanyard.revoker.Revocation.Project;
import lanyard.revoker.Revocation.Recorded;
import lanyard.revoker.Revocation.Rules;
import lanyard.revoker.Revocation.Step;
import lanyard.revoker.Revocation.Verdict;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The revoker's decisions, held to their rules in every state that can be told apart, reachable or not. */
class RevocationTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Recorded GONE = new Recorded(Phase.ABSENT, null, false, Project.UNKNOWN, Doubt.START);

    @Provide
    Arbitrary<Instant> instants() {
        return Arbitraries.of(NOW.minusSeconds(1), NOW, NOW.plusSeconds(1));
    }

    @Provide
    Arbitrary<Recorded> everyRecorded() {
        return Combinators.combine(
                        Arbitraries.of(Phase.class),
                        instants().injectNull(0.5),
                        Arbitraries.of(false, true),
                        Arbitraries.of(
                                Project.UNKNOWN, new Project(null, "a"), new Project("b", null), new Project("b", "a")),
                        Arbitraries.of(Doubt.START, new Doubt(true, null, null), new Doubt(false, NOW, NOW)))
                .as(Recorded::new);
    }

    @Provide
    Arbitrary<@Nullable String> projects() {
        return Arbitraries.of("a", "b").injectNull(0.3);
    }

    @Provide
    Arbitrary<Progress> everyProgress() {
        return Combinators.combine(
                        Arbitraries.of(false, true),
                        Arbitraries.of("a").injectNull(0.5),
                        Arbitraries.of("trustee").injectNull(0.5),
                        Arbitraries.of(false, true),
                        Arbitraries.of(List.<String>of(), List.of("trust"), List.of("trust", "trust-2")),
                        Arbitraries.of(0, 3),
                        Arbitraries.of(false, true))
                .as(Progress::new);
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void everyStateHasANextStep(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        assertThat(Revocation.next(recorded, progress, false, NOW)).isNotNull();
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void nothingIsTakenFromAClusterThatIsNotGone(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        var step = Revocation.next(recorded, progress, false, NOW);
        switch (recorded.phase()) {
            case PRESENT -> assertThat(step).isEqualTo(new Step.Rest());
            case DELETING -> assertThat(step).isInstanceOfAny(Step.AwaitSuccess.class, Step.Expire.class);
            case ABSENT -> assertThat(step).isNotInstanceOfAny(Step.AwaitSuccess.class, Step.Expire.class);
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void aDeletionIsGivenUntilItsDeadlineAndNotAMomentMore(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        if (recorded.phase() == Phase.DELETING) {
            var waits = recorded.deadline() != null && NOW.isBefore(recorded.deadline());
            assertThat(Revocation.next(recorded, progress, false, NOW))
                    .isEqualTo(waits ? new Step.AwaitSuccess(recorded.deadline()) : new Step.Expire());
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void onlyALookThatFoundNothingLetsARevocationBeTold(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        if (Revocation.next(recorded, progress, false, NOW) instanceof Step.Announce(int trusts, boolean trustee)) {
            assertThat(recorded.phase()).isEqualTo(Phase.ABSENT);
            assertThat(recorded.revoked()).isFalse();
            assertThat(progress.looked()).isTrue();
            assertThat(progress.trusts()).isEmpty();
            assertThat(progress.trusteeThere() && progress.trustee() != null).isFalse();
            assertThat(trusts).isEqualTo(progress.removedTrusts());
            assertThat(trustee).isEqualTo(progress.removedTrustee());
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void whatWasRevokedIsLeftAloneUntilItIsPutInDoubt(@ForAll("everyProgress") Progress progress) {
        var revoked = new Recorded(Phase.ABSENT, null, true, Project.UNKNOWN, Doubt.START);

        assertThat(Revocation.next(revoked, progress, false, NOW)).isEqualTo(new Step.Rest());
        assertThat(Revocation.next(GONE, Progress.START, false, NOW)).isEqualTo(new Step.Look(null));
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void removingIsAlwaysFollowedByALookAtWhatIsLeft(@ForAll("everyProgress") Progress progress) {
        switch (Revocation.next(GONE, progress, false, NOW)) {
            case Step.RemoveTrusts(var trusts)
            when progress.trusteeThere() && progress.trustee() != null ->
                assertThat(Revocation.next(GONE, progress.afterRemovingTrusts(), false, NOW))
                        .isEqualTo(new Step.RemoveTrustee(progress.trustee()));
            case Step.RemoveTrusts(var trusts)
            when !progress.trusteeThere() ->
                assertThat(Revocation.next(GONE, progress.afterRemovingTrusts(), false, NOW))
                        .isEqualTo(new Step.Look(null));
            case Step.RemoveTrustee(var trustee) ->
                assertThat(Revocation.next(GONE, progress.afterRemovingTrustee(), false, NOW))
                        .isEqualTo(new Step.Look(null));
            case Step other -> {}
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void onlyALookWhereTheClusterIsProvesAnything(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        switch (Revocation.next(recorded, progress, false, NOW)) {
            case Step.Look(var project) ->
                assertThat(project).isEqualTo(recorded.project().id());
            case Step.Announce _, Step.RemoveTrusts _, Step.RemoveTrustee _ ->
                assertThat(progress.project()).isEqualTo(recorded.project().id());
            case Step _ -> {}
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void hearingIsCommutative(
            @ForAll("everyRecorded") Recorded recorded,
            @ForAll Phase one,
            @ForAll("instants") Instant oneUntil,
            @ForAll("projects") @Nullable String oneProject,
            @ForAll Phase other,
            @ForAll("instants") Instant otherUntil,
            @ForAll("projects") @Nullable String otherProject) {
        assertThat(recorded.join(one, oneUntil, oneProject).join(other, otherUntil, otherProject))
                .isEqualTo(recorded.join(other, otherUntil, otherProject).join(one, oneUntil, oneProject));
    }

    /** Hearing two things in a row is hearing their join at once. */
    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void hearingIsAssociative(
            @ForAll("everyRecorded") Recorded recorded,
            @ForAll Phase one,
            @ForAll("instants") Instant oneUntil,
            @ForAll("projects") @Nullable String oneProject,
            @ForAll Phase other,
            @ForAll("instants") Instant otherUntil,
            @ForAll("projects") @Nullable String otherProject) {
        var both = new Recorded(Phase.PRESENT, null, false, Project.UNKNOWN, Doubt.START)
                .join(one, oneUntil, oneProject)
                .join(other, otherUntil, otherProject);
        var until = both.deadline() == null ? NOW : both.deadline();

        assertThat(recorded.join(one, oneUntil, oneProject).join(other, otherUntil, otherProject))
                .isEqualTo(recorded.join(both.phase(), until, both.project().told()));
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void hearingAgainChangesNothing(
            @ForAll("everyRecorded") Recorded recorded,
            @ForAll Phase heard,
            @ForAll("instants") Instant until,
            @ForAll("projects") @Nullable String project) {
        var once = recorded.join(heard, until, project);

        assertThat(once.join(heard, until, project)).isEqualTo(once);
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void nothingHeardBringsAClusterBackOrShortensItsTime(
            @ForAll("everyRecorded") Recorded recorded,
            @ForAll Phase heard,
            @ForAll("instants") Instant until,
            @ForAll("projects") @Nullable String project) {
        var joined = recorded.join(heard, until, project);

        assertThat(joined.phase()).isGreaterThanOrEqualTo(recorded.phase());
        if (recorded.deadline() != null) {
            assertThat(joined.deadline()).isAfterOrEqualTo(recorded.deadline());
        }
    }

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void aRevocationIsInDoubtExactlyWhenThereIsAnotherPlaceToLook(
            @ForAll("everyRecorded") Recorded recorded,
            @ForAll Phase heard,
            @ForAll("instants") Instant until,
            @ForAll("projects") @Nullable String project) {
        var joined = recorded.join(heard, until, project);

        assertThat(joined.revoked())
                .isEqualTo(recorded.revoked()
                        && Objects.equals(
                                joined.project().id(), recorded.project().id()));
        assertThat(joined.project().provisioned()).isEqualTo(recorded.project().provisioned());
        if (recorded.project().provisioned() != null) {
            assertThat(joined.project().id()).isEqualTo(recorded.project().provisioned());
        }
    }

    /** A Keystone that holds some of a cluster, from which others take at any time too, and which gets nothing new. */
    private static final class ModelKeystone {
        private final Set<String> trusts = new HashSet<>();
        private @Nullable String trustee;

        ModelKeystone(int trusts, boolean trustee) {
            this.trustee = trustee ? "trustee" : null;
            for (int i = 0; i < trusts; i++) {
                this.trusts.add("trust-" + i);
            }
        }

        void somebodyRemovesSomething(Random random) {
            switch (random.nextInt(6)) {
                case 0 -> trusts.stream().findAny().ifPresent(trusts::remove);
                case 1 -> {
                    trustee = null;
                    trusts.clear();
                }
                default -> {}
            }
        }

        Progress look(Progress progress) {
            var visible = trustee != null || progress.trustee() != null ? List.copyOf(trusts) : List.<String>of();
            return progress.found(null, trustee, visible);
        }
    }

    @Property(tries = 5_000)
    void everyWalkEndsWithATrueAnnouncement(
            @ForAll @IntRange(max = 5) int trusts, @ForAll boolean trustee, @ForAll long seed) {
        var random = new Random(seed);
        // Keystone drops a trustee's trusts with it: without a trustee there are none.
        var keystone = new ModelKeystone(trustee ? trusts : 0, trustee);
        var progress = Progress.START;
        var walked = new ArrayList<Step>();
        while (walked.isEmpty() || !(walked.getLast() instanceof Step.Announce)) {
            assertThat(walked).as("the walk").hasSizeLessThanOrEqualTo(8);
            keystone.somebodyRemovesSomething(random);
            var step = Revocation.next(GONE, progress, false, NOW);
            walked.add(step);
            progress = switch (step) {
                case Step.Look _ -> keystone.look(progress);
                case Step.RemoveTrusts(var found) -> {
                    keystone.trusts.removeAll(found);
                    yield progress.afterRemovingTrusts();
                }
                case Step.RemoveTrustee(var found) -> {
                    keystone.trustee = null;
                    keystone.trusts.clear();
                    yield progress.afterRemovingTrustee();
                }
                case Step.Announce announce -> {
                    assertThat(keystone.trusts).isEmpty();
                    assertThat(keystone.trustee).isNull();
                    yield progress;
                }
                case Step.Rest() -> throw new AssertionError("a walk that has to revoke must not rest");
                case Step.AwaitSuccess wait -> throw new AssertionError("the success was told");
                case Step.Expire() -> throw new AssertionError("the success was told");
                case Step.Ask() -> throw new AssertionError("there is nobody to ask");
            };
        }
    }

    // Where the conductor's API can be asked.

    private static final Rules RULES = new Rules(Duration.ofMinutes(3), Duration.ofMinutes(10));

    @Property(generation = GenerationMode.EXHAUSTIVE, tries = 100_000)
    void untilItIsConfirmedThatAClusterIsGoneNothingIsDoneButToAsk(
            @ForAll("everyRecorded") Recorded recorded, @ForAll("everyProgress") Progress progress) {
        var step = Revocation.next(recorded, progress, true, NOW);
        if (recorded.phase() == Phase.ABSENT
                && !recorded.revoked()
                && !recorded.doubt().confirmed()) {
            assertThat(step).isEqualTo(new Step.Ask());
        } else {
            assertThat(step).isEqualTo(Revocation.next(recorded, progress, false, NOW));
        }
    }

    @Test
    void aClusterThatIsGoneIsRevokedWhateverWasSaidBefore() {
        for (var doubt : List.of(Doubt.START, livingFor(Duration.ofHours(1)), unansweredFor(Duration.ofHours(1)))) {
            assertThat(Revocation.weigh(doubt, Answer.GONE, RULES, NOW)).isEqualTo(new Verdict.Confirm());
        }
    }

    @Test
    void aClusterThatLivesIsAskedForAgainUntilItsDeletionIsRefuted() {
        assertThat(Revocation.weigh(Doubt.START, Answer.LIVES, RULES, NOW))
                .isEqualTo(new Verdict.AskAgain(NOW, NOW.plusSeconds(30)));
        assertThat(Revocation.weigh(livingFor(Duration.ofSeconds(170)), Answer.LIVES, RULES, NOW))
                .isEqualTo(new Verdict.AskAgain(NOW.minusSeconds(170), NOW.plusSeconds(10)));
        assertThat(Revocation.weigh(livingFor(Duration.ofMinutes(3)), Answer.LIVES, RULES, NOW))
                .isEqualTo(new Verdict.Refute(NOW.minusSeconds(180)));
    }

    @Test
    void anAnswerIsAwaitedWithPatienceAndThenTheClusterIsPresumedGone() {
        assertThat(Revocation.weigh(Doubt.START, Answer.NONE, RULES, NOW))
                .isEqualTo(new Verdict.AwaitAnswer(NOW.plusSeconds(600)));
        assertThat(Revocation.weigh(unansweredFor(Duration.ofSeconds(599)), Answer.NONE, RULES, NOW))
                .isEqualTo(new Verdict.AwaitAnswer(NOW.plusSeconds(1)));
        assertThat(Revocation.weigh(unansweredFor(Duration.ofMinutes(10)), Answer.NONE, RULES, NOW))
                .isEqualTo(new Verdict.Presume());
    }

    @Test
    void aClusterThatWasSeenAliveIsNeverPresumedGone() {
        var doubt = new Doubt(false, NOW.minusSeconds(86_400), NOW.minusSeconds(86_399));

        assertThat(Revocation.weigh(doubt, Answer.NONE, RULES, NOW)).isEqualTo(new Verdict.AwaitAnswer(null));
    }

    @Test
    void toldOnceMoreToBeGoneAClusterHasToBeSeenAliveAfterThat() {
        var seen = new Recorded(Phase.ABSENT, null, false, Project.UNKNOWN, livingFor(Duration.ofMinutes(3)));

        assertThat(seen.join(Phase.PRESENT, NOW, null)).isEqualTo(seen);
        assertThat(seen.join(Phase.ABSENT, NOW, null).doubt()).isEqualTo(Doubt.START);
    }

    private static Doubt livingFor(Duration time) {
        return new Doubt(false, NOW.minus(time), null);
    }

    private static Doubt unansweredFor(Duration time) {
        return new Doubt(false, null, NOW.minus(time));
    }
}
