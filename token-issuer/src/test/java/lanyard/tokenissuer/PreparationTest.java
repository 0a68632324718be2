package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Preparation.Recorded;
import lanyard.tokenissuer.Preparation.Step;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PreparationTest {
    private static final Credential CLOUD = credential("1", "cloud-provider");
    private static final Credential REGISTRY = credential("2", "registry");
    private static final Recorded PROVISIONED = new Recorded(Phase.PRESENT, 1, false, 0);

    @Example
    void everyCredentialIsProvedBeforeAnyIsAnnounced() {
        var both = List.of(CLOUD, REGISTRY);
        assertThat(Preparation.next(PROVISIONED, both, Set.of())).isEqualTo(new Step.Prove(CLOUD));
        assertThat(Preparation.next(PROVISIONED, both, Set.of("1"))).isEqualTo(new Step.Prove(REGISTRY));
        assertThat(Preparation.next(PROVISIONED, both, Set.of("1", "2"))).isEqualTo(new Step.Announce(both));
    }

    @Example
    void whatWasAnnouncedIsNotAnnouncedAgain() {
        assertThat(Preparation.next(new Recorded(Phase.PRESENT, 1, false, 1), List.of(CLOUD), Set.of("1")))
                .isEqualTo(new Step.Rest());
    }

    @Example
    void aRotationIsAnnounced() {
        assertThat(Preparation.next(new Recorded(Phase.PRESENT, 2, false, 1), List.of(CLOUD), Set.of()))
                .isEqualTo(new Step.Prove(CLOUD));
    }

    @Property
    void onlyAClusterThatIsToBeServedIsTouched(
            @ForAll("recorded") Recorded recorded,
            @ForAll("credentials") List<Credential> credentials,
            @ForAll Set<String> proven) {
        var step = Preparation.next(recorded, credentials, proven);
        if (recorded.phase() != Phase.PRESENT
                || recorded.disputed()
                || recorded.announced() >= recorded.generation()
                || credentials.isEmpty()) {
            assertThat(step).isEqualTo(new Step.Rest());
        } else {
            assertThat(step).isNotEqualTo(new Step.Rest());
        }
    }

    /** However a walk goes, it ends: each step proves something, or is the last. */
    @Property
    void everyWalkEnds(@ForAll("recorded") Recorded recorded, @ForAll("credentials") List<Credential> credentials) {
        var proven = new java.util.HashSet<String>();
        for (int steps = 0; steps <= credentials.size(); steps++) {
            switch (Preparation.next(recorded, credentials, proven)) {
                case Step.Rest() -> {
                    return;
                }
                case Step.Announce(var announced) -> {
                    assertThat(proven)
                            .containsAll(announced.stream().map(Credential::id).toList());
                    return;
                }
                case Step.Prove(var credential) ->
                    assertThat(proven.add(credential.id())).isTrue();
            }
        }
        throw new AssertionError("the walk does not end");
    }

    @Provide
    Arbitrary<Recorded> recorded() {
        return Combinators.combine(
                        Arbitraries.of(Phase.class),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(0, 3))
                .as(Recorded::new);
    }

    @Provide
    Arbitrary<List<Credential>> credentials() {
        return Arbitraries.of(List.of(), List.of(CLOUD), List.of(CLOUD, REGISTRY));
    }

    private static Credential credential(String id, String purpose) {
        return new Credential(id, "cluster", purpose, 1, "project", "key", "trustee", "domain", "trust");
    }
}
