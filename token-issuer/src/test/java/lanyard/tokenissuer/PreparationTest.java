package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.events.Trusteeship;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Preparation.AfterRefusal;
import lanyard.tokenissuer.Preparation.Recorded;
import lanyard.tokenissuer.Preparation.Step;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class PreparationTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final String CLOUD = "cloud-provider";
    private static final String REGISTRY = "registry";
    private static final Recorded PROVISIONED = recorded(1, 1, 0, 0);

    @Example
    void allThatIsDelegatedIsProvedBeforeAnythingIsAnnounced() {
        var served = served(Set.of(CLOUD, REGISTRY), List.of(credential(CLOUD, 1), credential(REGISTRY, 1)));
        assertThat(next(PROVISIONED, served)).isEqualTo(new Step.Prove(delegated(CLOUD)));
        assertThat(next(PROVISIONED, served, CLOUD)).isEqualTo(new Step.Prove(delegated(REGISTRY)));
        assertThat(next(PROVISIONED, served, CLOUD, REGISTRY)).isEqualTo(new Step.Accept());
        assertThat(next(recorded(1, 1, 0, 1), served, CLOUD, REGISTRY))
                .isEqualTo(new Step.Announce(List.of(credential(CLOUD, 1), credential(REGISTRY, 1))));
    }

    @Example
    void whatWasAnnouncedAndProvenIsLeftAlone() {
        var served = served(Set.of(CLOUD), List.of(credential(CLOUD, 1)));
        assertThat(next(recorded(1, 1, 1, 1), served)).isEqualTo(new Step.Rest());
    }

    @Example
    void aNewBackendIsProvedAndNoClientHearsOfIt() {
        var served = served(Set.of(CLOUD), List.of(credential(CLOUD, 1)));
        assertThat(next(recorded(1, 2, 1, 1), served)).isEqualTo(new Step.Prove(delegated(CLOUD)));
        assertThat(next(recorded(1, 2, 1, 2), served)).isEqualTo(new Step.Rest());
    }

    @Example
    void aNewClientGenerationIsAnnouncedWithoutAskingKeystone() {
        var served = served(Set.of(CLOUD), List.of(credential(CLOUD, 1), credential(CLOUD, 2)));
        assertThat(next(recorded(2, 1, 1, 1), served)).isEqualTo(new Step.Announce(List.of(credential(CLOUD, 2))));
    }

    @Example
    void aBackendThatIsDoubtedIsProvedAgain() {
        var served = served(Set.of(CLOUD), List.of(credential(CLOUD, 1)));
        assertThat(next(recorded(1, 1, 1, 0), served)).isEqualTo(new Step.Prove(delegated(CLOUD)));
    }

    @Example
    void anOlderGenerationIsForgottenWhenItIsOver() {
        var end = NOW.plus(Duration.ofHours(24));
        var served = served(Set.of(CLOUD), List.of(until(credential(CLOUD, 1), end), credential(CLOUD, 2)));
        var recorded = recorded(2, 1, 2, 1);
        assertThat(Preparation.next(recorded, served, Set.of(), NOW)).isEqualTo(new Step.RestUntil(end));
        assertThat(Preparation.next(recorded, served, Set.of(), end)).isEqualTo(new Step.Forget());
    }

    @Example
    void aContradictedBackendIsToBeMadeAnew() {
        var contradicted = new Served("cluster", false, true, null, null, Map.of(), Map.of());
        var recorded = new Recorded(Phase.PRESENT, 1, 1, true, 1, 1, 0, null, 0);
        assertThat(next(recorded, contradicted)).isEqualTo(new Step.Contradicted());
        assertThat(next(new Recorded(Phase.ABSENT, 1, 1, true, 1, 1, 0, null, 0), contradicted))
                .isEqualTo(new Step.Rest());
    }

    @Example
    void theGenerationThatIsOverFirstIsWaitedFor() {
        var first = NOW.plus(Duration.ofHours(1));
        var served = served(
                Set.of(CLOUD),
                List.of(
                        until(credential(CLOUD, 1), first),
                        until(credential(CLOUD, 2), NOW.plus(Duration.ofHours(2))),
                        credential(CLOUD, 3)));
        assertThat(next(recorded(3, 1, 3, 1), served)).isEqualTo(new Step.RestUntil(first));
    }

    @Property
    void onlyAClusterThatIsToBeServedIsTouched(
            @ForAll("recorded") Recorded recorded,
            @ForAll("served") Served served,
            @ForAll("proven") Set<Delegated> proven) {
        var step = Preparation.next(recorded, served, proven, NOW);
        if (recorded.phase() != Phase.PRESENT
                || recorded.incomplete()
                || served.delegated().isEmpty()) {
            assertThat(step).isEqualTo(new Step.Rest());
        } else if (recorded.proven() < recorded.backend() || recorded.announced() < recorded.client()) {
            assertThat(step).isInstanceOfAny(Step.Prove.class, Step.Accept.class, Step.Announce.class);
        } else {
            assertThat(step).isInstanceOfAny(Step.Rest.class, Step.RestUntil.class, Step.Forget.class);
        }
    }

    /** However a walk goes, it ends: each step is a proof, or changes the row so that it is not the next one again. */
    @Property
    void everyWalkEnds(@ForAll("recorded") Recorded start, @ForAll("served") Served found) {
        var proven = new HashSet<Delegated>();
        var recorded = start;
        var served = found;
        for (int steps = 0; steps < 10; steps++) {
            switch (Preparation.next(recorded, served, proven, NOW)) {
                case Step.Rest _, Step.Contradicted _ -> {
                    return;
                }
                case Step.RestUntil(var until) -> {
                    assertThat(until).isAfter(NOW);
                    return;
                }
                case Step.Prove(var what) -> assertThat(proven.add(what)).isTrue();
                case Step.Accept() -> {
                    assertThat(proven).containsAll(served.delegated().values());
                    recorded = with(recorded, recorded.announced(), recorded.backend());
                }
                case Step.Announce(var announced) -> {
                    assertThat(recorded.proven()).isGreaterThanOrEqualTo(recorded.backend());
                    assertThat(announced.stream().map(Credential::purpose))
                            .isSubsetOf(served.delegated().keySet());
                    recorded = with(recorded, recorded.client(), recorded.proven());
                }
                case Step.Forget() -> {
                    var left = served.credentials().values().stream()
                            .filter(credential -> !credential.isOver(NOW))
                            .toList();
                    assertThat(left).hasSizeLessThan(served.credentials().size());
                    served = served(served.delegated().keySet(), left);
                }
            }
        }
        throw new AssertionError("the walk does not end");
    }

    @Example
    void theFirstRefusalIsToldAtOnce() {
        assertThat(afterRefusal(1, 0, null, 0)).isEqualTo(new AfterRefusal.Tell());
    }

    @Example
    void aBackendThatWasToldIsNotToldAgain() {
        assertThat(afterRefusal(1, 1, NOW.minusSeconds(3600), 1)).isEqualTo(new AfterRefusal.Wait(NOW.plusSeconds(5)));
    }

    @Example
    void theNextBackendIsToldWhenThePauseIsOver() {
        assertThat(afterRefusal(2, 1, NOW.minusSeconds(59), 1)).isEqualTo(new AfterRefusal.Wait(NOW.plusSeconds(1)));
        assertThat(afterRefusal(2, 1, NOW.minusSeconds(60), 1)).isEqualTo(new AfterRefusal.Tell());
    }

    @Example
    void aBackendThatWorkedMeanwhileMakesTheNextRefusalAFirstOne() {
        assertThat(afterRefusal(3, 1, NOW.minusSeconds(1), 0)).isEqualTo(new AfterRefusal.Tell());
    }

    /** The pause after the telling is a minute, and the next try in five seconds. */
    private static AfterRefusal afterRefusal(int backend, int told, @Nullable Instant toldAt, int refusals) {
        return Preparation.afterRefusal(
                new Recorded(Phase.PRESENT, 1, backend, false, 0, 0, told, toldAt, refusals),
                Duration.ofMinutes(1),
                NOW.plusSeconds(5),
                NOW);
    }

    private static Step next(Recorded recorded, Served served, String... proven) {
        return Preparation.next(
                recorded,
                served,
                Stream.of(proven).map(PreparationTest::delegated).collect(Collectors.toSet()),
                NOW);
    }

    private static Recorded recorded(int client, int backend, int announced, int proven) {
        return new Recorded(Phase.PRESENT, client, backend, false, announced, proven, 0, null, 0);
    }

    private static Recorded with(Recorded recorded, int announced, int proven) {
        return new Recorded(
                recorded.phase(),
                recorded.client(),
                recorded.backend(),
                recorded.incomplete(),
                announced,
                proven,
                recorded.told(),
                recorded.toldAt(),
                recorded.refusals());
    }

    private static Credential credential(String purpose, int generation) {
        return Credential.of("cluster", purpose, generation, "key");
    }

    private static Credential until(Credential credential, Instant end) {
        return new Credential(
                credential.id(),
                credential.cluster(),
                credential.purpose(),
                credential.generation(),
                credential.key(),
                end);
    }

    private static Delegated delegated(String purpose) {
        return new Delegated(
                "cluster", purpose, 1, "key", "project", Trusteeship.PER_CLUSTER, "trustee", "trust-" + purpose);
    }

    private static Served served(Collection<String> delegated, Collection<Credential> credentials) {
        return new Served(
                "cluster",
                false,
                false,
                "project",
                "domain",
                credentials.stream().collect(Collectors.toMap(Credential::id, credential -> credential)),
                delegated.stream().collect(Collectors.toMap(purpose -> purpose, PreparationTest::delegated)));
    }

    @Provide
    Arbitrary<Recorded> recorded() {
        var generation = Arbitraries.integers().between(0, 3);
        return Combinators.combine(
                        Arbitraries.of(Phase.class),
                        generation,
                        generation,
                        Arbitraries.of(true, false, false),
                        generation,
                        generation)
                .as((phase, client, backend, incomplete, announced, proven) ->
                        new Recorded(phase, client, backend, incomplete, announced, proven, 0, null, 0));
    }

    @Provide
    Arbitrary<Served> served() {
        var end = Arbitraries.of(NOW.minusSeconds(1), NOW, NOW.plusSeconds(1)).injectNull(0.5);
        var credential = Combinators.combine(
                        Arbitraries.of(CLOUD, REGISTRY), Arbitraries.integers().between(1, 3), end)
                .as((purpose, generation, over) -> until(credential(purpose, generation), over));
        return Combinators.combine(
                        Arbitraries.of(CLOUD, REGISTRY).set(),
                        credential.list().ofMaxSize(4).uniqueElements(Credential::id))
                .as(PreparationTest::served);
    }

    @Provide
    Arbitrary<Set<Delegated>> proven() {
        return Arbitraries.of(delegated(CLOUD), delegated(REGISTRY)).set();
    }
}
