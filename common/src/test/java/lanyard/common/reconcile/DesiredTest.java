package lanyard.common.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lanyard.common.conductor.ClusterNotification;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.ClusterNotification.Outcome;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.FailureReason;
import lanyard.common.events.RotationRequested;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is heard, in whatever order and however often, comes to the same. */
class DesiredTest {
    private static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final String PROJECT = "ba5717e041c54c59af754c97ebfddafb";
    private static final String OWNER = "7de020f4013d4f81bb080153325bff93";
    private static final Desired NOTHING_HEARD = new Desired(Phase.PRESENT, 1, 1, null, null, false);

    @Property(tries = 5_000)
    void theOrderOfTwoDoesNotMatter(@ForAll("desired") Desired one, @ForAll("desired") Desired other) {
        assertThat(one.join(other)).isEqualTo(other.join(one));
    }

    @Property(tries = 5_000)
    void theGroupingOfThreeDoesNotMatter(
            @ForAll("desired") Desired one, @ForAll("desired") Desired two, @ForAll("desired") Desired three) {
        assertThat(one.join(two).join(three)).isEqualTo(one.join(two.join(three)));
    }

    @Property(tries = 2_000)
    void hearingTheSameAgainChangesNothing(@ForAll("desired") Desired before, @ForAll("desired") Desired heard) {
        var once = before.join(heard);

        assertThat(once.join(heard)).isEqualTo(once);
        assertThat(heard.join(heard)).isEqualTo(heard);
    }

    @Property(tries = 2_000)
    void aNewRowChangesNothingOfWhatIsHeard(@ForAll("desired") Desired heard) {
        assertThat(NOTHING_HEARD.join(heard)).isEqualTo(heard);
    }

    @Property(tries = 2_000)
    void anyScheduleOfTheSameEventsEndsInTheSameState(
            @ForAll("schedules") List<Desired> events, @ForAll long shuffle, @ForAll long repetition) {
        var inOrder = events.stream().reduce(NOTHING_HEARD, Desired::join);

        var shuffled = new ArrayList<>(events);
        // Some come again.
        var random = new Random(repetition);
        events.stream().filter(event -> random.nextBoolean()).forEach(shuffled::add);
        Collections.shuffle(shuffled, new Random(shuffle));

        assertThat(shuffled.stream().reduce(NOTHING_HEARD, Desired::join)).isEqualTo(inOrder);
    }

    @Property(tries = 2_000)
    void absentWinsForEver(@ForAll("schedules") List<Desired> before, @ForAll("schedules") List<Desired> after) {
        var state = before.stream().reduce(NOTHING_HEARD, Desired::join).join(Desired.absent());

        assertThat(after.stream().reduce(state, Desired::join).phase()).isEqualTo(Phase.ABSENT);
    }

    @Property(tries = 2_000)
    void aDisputeStaysOne(@ForAll("desired") Desired disputed, @ForAll("schedules") List<Desired> after) {
        var state = disputed.join(new Desired(Phase.PRESENT, 1, 1, "p1", null, false))
                .join(new Desired(Phase.PRESENT, 1, 1, "p2", null, false));

        assertThat(after.stream().reduce(state, Desired::join).disputed()).isTrue();
    }

    @Property(tries = 2_000)
    void thereIsADisputeExactlyWhenTwoProjectsOrTwoOwnersWereNamed(
            @ForAll("schedules") @Size(min = 1) List<Desired> events) {
        var projects =
                events.stream().map(Desired::project).filter(p -> p != null).distinct();
        var owners = events.stream().map(Desired::owner).filter(o -> o != null).distinct();

        assertThat(events.stream().reduce(NOTHING_HEARD, Desired::join).disputed())
                .isEqualTo(projects.count() > 1
                        || owners.count() > 1
                        || events.stream().anyMatch(Desired::disputed));
    }

    @Property(tries = 2_000)
    void whatWasToldStaysKnown(@ForAll("desired") Desired heard, @ForAll("schedules") List<Desired> others) {
        var state = others.stream().reduce(heard, Desired::join);

        assertThat(state.client()).isGreaterThanOrEqualTo(heard.client());
        assertThat(state.backend()).isGreaterThanOrEqualTo(heard.backend());
        assertThat(state.phase()).isGreaterThanOrEqualTo(heard.phase());
        assertThat(heard.project() == null || state.project() != null).isTrue();
        assertThat(heard.owner() == null || state.owner() != null).isTrue();
    }

    @Test
    void theOwnerFromOneEventAndTheProjectFromAnotherMeet() {
        var project = new Desired(Phase.PRESENT, 1, 1, "p", null, false);
        var owner = new Desired(Phase.PRESENT, 1, 1, null, "o", false);

        assertThat(project.join(owner)).isEqualTo(new Desired(Phase.PRESENT, 1, 1, "p", "o", false));
    }

    // Every pair; a new action or outcome must be decided on here.
    @ParameterizedTest
    @CsvSource({
        "CREATE, PENDING, PRESENT", "CREATE, SUCCESS, PRESENT", "CREATE, FAILURE, PRESENT",
        "UPDATE, PENDING, PRESENT", "UPDATE, SUCCESS, PRESENT", "UPDATE, FAILURE, PRESENT",
        "DELETE, PENDING, DELETING", "DELETE, SUCCESS, ABSENT", "DELETE, FAILURE, DELETING"
    })
    void aNotificationMeansAPhase(Action action, Outcome outcome, Phase phase) {
        var owner = action == Action.CREATE ? OWNER : null;

        assertThat(Desired.heard(new ClusterNotification(CLUSTER, action, outcome, PROJECT, owner)))
                .isEqualTo(new Desired(phase, 1, 1, PROJECT, owner, false));
    }

    @Property(tries = 200)
    void onlyADeletionThatSucceededMakesAClusterAbsent(@ForAll Action action, @ForAll Outcome outcome) {
        var heard = Desired.heard(new ClusterNotification(CLUSTER, action, outcome, PROJECT, null));

        assertThat(heard.phase() == Phase.ABSENT).isEqualTo(action == Action.DELETE && outcome == Outcome.SUCCESS);
    }

    @Test
    void aDeletionThatNamesNoProjectDisputesNone() {
        var created = Desired.heard(new ClusterNotification(CLUSTER, Action.CREATE, Outcome.PENDING, PROJECT, OWNER));
        var deleted = Desired.heard(new ClusterNotification(CLUSTER, Action.DELETE, Outcome.SUCCESS, null, null));

        assertThat(created.join(deleted)).isEqualTo(new Desired(Phase.ABSENT, 1, 1, PROJECT, OWNER, false));
    }

    @Property(tries = 500)
    void aRotationRaisesWhatItNamesAndNothingElse(
            @ForAll("desired") Desired before,
            @ForAll @IntRange(min = 1, max = 5) int client,
            @ForAll @IntRange(min = 1, max = 5) int backend) {
        var after = before.join(Desired.heard(new RotationRequested(CLUSTER, client, backend)));

        assertThat(after)
                .isEqualTo(new Desired(
                        before.phase(),
                        Math.max(before.client(), client),
                        Math.max(before.backend(), backend),
                        before.project(),
                        before.owner(),
                        before.disputed()));
    }

    @Property(tries = 500)
    void onlyARefusedTokenAsksForAnotherBackend(
            @ForAll("desired") Desired before,
            @ForAll FailureReason reason,
            @ForAll @IntRange(min = 1, max = 5) int refused) {
        var failed = new CredentialFailed(CLUSTER, PROJECT, 3, refused, reason, "why");
        var wanted = reason == FailureReason.TOKEN_REFUSED ? Math.max(before.backend(), refused + 1) : before.backend();

        assertThat(before.join(Desired.heard(failed)))
                .isEqualTo(new Desired(
                        before.phase(), before.client(), wanted, before.project(), before.owner(), before.disputed()));
    }

    @Test
    void thereIsALastGeneration() {
        var last = CredentialEvent.HIGHEST_GENERATION;

        assertThat(Desired.heard(new CredentialFailed(CLUSTER, null, 1, last, FailureReason.TOKEN_REFUSED, "why"))
                        .backend())
                .isEqualTo(last);
    }

    /** Few names, so that they meet. */
    @Provide
    Arbitrary<Desired> desired() {
        return Combinators.combine(
                        Arbitraries.of(Phase.class),
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.of("p1", "p2", "p3").injectNull(0.4),
                        Arbitraries.of("o1", "o2", "o3").injectNull(0.4),
                        Arbitraries.frequencyOf(
                                Tuple.of(5, Arbitraries.just(false)), Tuple.of(1, Arbitraries.just(true))))
                .as(Desired::new);
    }

    @Provide
    Arbitrary<List<Desired>> schedules() {
        return desired().list().ofMaxSize(8);
    }
}
