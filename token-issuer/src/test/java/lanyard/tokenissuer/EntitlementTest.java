package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Entitlement.Delegation;
import lanyard.tokenissuer.Entitlement.Grant;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class EntitlementTest {
    private static final Entitlement FIRST = provisioned(1, "trust-a");
    private static final Entitlement FORGED = provisioned(1, "trust-b");
    private static final Entitlement SECOND = provisioned(2, "trust-c");

    @Property
    void joiningIsCommutative(@ForAll("heard") Entitlement a, @ForAll("heard") Entitlement b) {
        assertThat(a.join(b)).isEqualTo(b.join(a));
    }

    @Property
    void joiningIsAssociative(
            @ForAll("heard") Entitlement a, @ForAll("heard") Entitlement b, @ForAll("heard") Entitlement c) {
        assertThat(a.join(b).join(c)).isEqualTo(a.join(b.join(c)));
    }

    @Property
    void joiningIsIdempotent(@ForAll("heard") Entitlement a, @ForAll("heard") Entitlement b) {
        assertThat(a.join(a)).isEqualTo(a);
        assertThat(a.join(b).join(b)).isEqualTo(a.join(b));
    }

    @Property
    void whatWasHeardCountsAndNotWhen(@ForAll("story") List<Entitlement> story, @ForAll Random random) {
        var shuffled = new java.util.ArrayList<>(story);
        shuffled.addAll(story);
        Collections.shuffle(shuffled, random);
        assertThat(shuffled.stream().reduce(Entitlement.NOTHING_HEARD, Entitlement::join))
                .isEqualTo(story.stream().reduce(Entitlement.NOTHING_HEARD, Entitlement::join));
    }

    @Property
    void aRevocationIsForEver(@ForAll("heard") Entitlement before, @ForAll("heard") Entitlement after) {
        assertThat(before.join(Entitlement.REVOKED).join(after).phase()).isEqualTo(Phase.ABSENT);
    }

    @Example
    void aRowIsANeutralElementUntilSomethingIsHeard() {
        assertThat(Entitlement.NOTHING_HEARD.join(FIRST)).isEqualTo(FIRST);
    }

    @Example
    void twoTalesOfOneGenerationAreNotServed() {
        var joined = FIRST.join(FORGED);
        assertThat(joined.disputed()).isTrue();
        assertThat(joined.delegation()).isNull();
    }

    @Example
    void aHigherGenerationWinsAndSettlesADispute() {
        assertThat(FIRST.join(SECOND)).isEqualTo(SECOND);
        assertThat(FIRST.join(SECOND).join(FORGED)).isEqualTo(SECOND);
        assertThat(FIRST.join(FORGED).join(SECOND)).isEqualTo(SECOND);
    }

    @Example
    void theOrderOfRolesAndGrantsDoesNotMakeADispute() {
        var one = told(
                new CredentialProvisioned.Grant("a", "t1", List.of("member", "reader")),
                new CredentialProvisioned.Grant("b", "t2", List.of("member")));
        var other = told(
                new CredentialProvisioned.Grant("b", "t2", List.of("member")),
                new CredentialProvisioned.Grant("a", "t1", List.of("reader", "member")));
        assertThat(one.join(other)).isEqualTo(one);
    }

    private static Entitlement told(CredentialProvisioned.Grant... grants) {
        return Entitlement.heard(new CredentialProvisioned(
                "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90",
                "project",
                1,
                "project-trust",
                "key",
                new Custodian("custodian", "custodian"),
                new Trustee("trustee", "trustee", "domain"),
                List.of(grants)));
    }

    private static Entitlement provisioned(int generation, String trust) {
        return new Entitlement(
                Phase.PRESENT,
                generation,
                new Delegation(
                        "project",
                        "key",
                        "trustee",
                        "domain",
                        Map.of("cloud-provider", new Grant(trust, Set.of("member")))),
                false);
    }

    /** What an event can say, and what joins of them can be. */
    @Provide
    Arbitrary<Entitlement> heard() {
        return event().list().ofMinSize(1).ofMaxSize(3).map(events -> events.stream()
                .reduce(Entitlement::join)
                .orElseThrow());
    }

    @Provide
    Arbitrary<List<Entitlement>> story() {
        return event().list().ofMaxSize(6);
    }

    private static Arbitrary<Entitlement> event() {
        var told = Combinators.combine(
                        Arbitraries.integers().between(1, 3), Arbitraries.of("trust-a", "trust-b", "trust-c"))
                .as(EntitlementTest::provisioned);
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, told), net.jqwik.api.Tuple.of(1, Arbitraries.just(Entitlement.REVOKED)));
    }
}
