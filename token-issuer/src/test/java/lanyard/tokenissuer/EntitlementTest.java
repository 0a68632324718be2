package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.Trusteeship;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Entitlement.Backend;
import lanyard.tokenissuer.Entitlement.Grant;
import lanyard.tokenissuer.Entitlement.Trustee;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class EntitlementTest {
    private static final Entitlement FIRST = provisioned(1, "key", 1, "trust-a");
    private static final Entitlement FORGED = provisioned(1, "key", 1, "trust-b");
    private static final Entitlement CLIENT_ROTATED = provisioned(2, "key", 1, "trust-a");
    private static final Entitlement BACKEND_ROTATED = provisioned(1, "key", 2, "trust-c");

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
        var shuffled = new ArrayList<>(story);
        shuffled.addAll(story);
        Collections.shuffle(shuffled, random);
        assertThat(joined(shuffled)).isEqualTo(joined(story));
    }

    @Property
    void aRevocationIsForEver(@ForAll("heard") Entitlement before, @ForAll("heard") Entitlement after) {
        assertThat(before.join(Entitlement.REVOKED).join(after).phase()).isEqualTo(Phase.ABSENT);
    }

    @Property
    void noCounterEverFalls(@ForAll("heard") Entitlement before, @ForAll("heard") Entitlement after) {
        var joined = before.join(after);
        assertThat(joined.client().generation())
                .isEqualTo(Math.max(before.client().generation(), after.client().generation()));
        assertThat(joined.backend().generation())
                .isEqualTo(
                        Math.max(before.backend().generation(), after.backend().generation()));
    }

    @Property
    void theCountersDoNotMeddleWithEachOther(@ForAll("heard") Entitlement a, @ForAll("heard") Entitlement b) {
        var joined = a.join(b);
        assertThat(joined.client()).isEqualTo(a.client().join(b.client()));
        assertThat(joined.backend()).isEqualTo(a.backend().join(b.backend()));
    }

    @Property
    void whatIsNotDisputedIsWhatOneOfThemSaid(@ForAll("heard") Entitlement a, @ForAll("heard") Entitlement b) {
        var joined = a.join(b);
        assertThat(joined.client().disputed() || List.of(a.client(), b.client()).contains(joined.client()))
                .isTrue();
        assertThat(joined.backend().disputed()
                        || List.of(a.backend(), b.backend()).contains(joined.backend()))
                .isTrue();
    }

    @Example
    void aNewRowIsANeutralElement() {
        assertThat(Entitlement.NOTHING_HEARD.join(FIRST)).isEqualTo(FIRST);
        assertThat(Entitlement.NOTHING_HEARD.disputed()).isFalse();
        assertThat(Entitlement.REVOKED.join(FIRST).client()).isEqualTo(FIRST.client());
    }

    @Example
    void twoTalesOfOneBackendAreADispute() {
        var joined = FIRST.join(FORGED);
        assertThat(joined.disputed()).isTrue();
        assertThat(joined.backend()).isEqualTo(new Claim<Backend>(1, null));
        assertThat(joined.client()).isEqualTo(FIRST.client());
    }

    @Example
    void twoTalesOfOneClientGenerationAreADispute() {
        var joined = FIRST.join(provisioned(1, "another", 1, "trust-a"));
        assertThat(joined.disputed()).isTrue();
        assertThat(joined.client()).isEqualTo(new Claim<String>(1, null));
        assertThat(joined.backend()).isEqualTo(FIRST.backend());
    }

    @Example
    void aHigherGenerationSettlesTheDisputeOfItsOwnCounterOnly() {
        var disputed = FIRST.join(FORGED);
        assertThat(disputed.join(BACKEND_ROTATED)).isEqualTo(BACKEND_ROTATED);
        assertThat(disputed.join(CLIENT_ROTATED).disputed()).isTrue();
        assertThat(BACKEND_ROTATED.join(FIRST).join(FORGED)).isEqualTo(BACKEND_ROTATED);
    }

    @Example
    void eachCountersHigherGenerationHolds() {
        assertThat(CLIENT_ROTATED.join(BACKEND_ROTATED)).isEqualTo(provisioned(2, "key", 2, "trust-c"));
    }

    @Example
    void theOrderOfRolesAndGrantsDoesNotMakeADispute() {
        var one = told(grant("a", "t1", List.of("member", "reader")), grant("b", "t2", List.of("member")));
        var other = told(grant("b", "t2", List.of("member")), grant("a", "t1", List.of("reader", "member")));
        assertThat(one.join(other)).isEqualTo(one);
    }

    @Example
    void theEventIsTakenAsItIs() {
        assertThat(told(grant("cloud-provider", "trust-a", List.of("member")))).isEqualTo(FIRST);
    }

    private static Entitlement joined(List<Entitlement> story) {
        return story.stream().reduce(Entitlement.NOTHING_HEARD, Entitlement::join);
    }

    private static CredentialProvisioned.Grant grant(String purpose, String trust, List<String> roles) {
        return new CredentialProvisioned.Grant(purpose, trust, Trusteeship.PER_CLUSTER, roles);
    }

    private static Entitlement told(CredentialProvisioned.Grant... grants) {
        return Entitlement.heard(new CredentialProvisioned(
                "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90",
                "project",
                new Generation(1, "key"),
                new Generation(1, "backend-key"),
                "project-trust",
                new Custodian("custodian", "custodian"),
                new CredentialProvisioned.Trustee("trustee", "trustee", "domain"),
                List.of(grants)));
    }

    private static Entitlement provisioned(int client, String clientKey, int backend, String trust) {
        return new Entitlement(
                Phase.PRESENT,
                new Claim<>(client, clientKey),
                new Claim<>(
                        backend,
                        new Backend(
                                "project",
                                "backend-key",
                                new Trustee("trustee", "domain"),
                                Map.of(
                                        "cloud-provider",
                                        new Grant(trust, Trusteeship.PER_CLUSTER, Set.of("member"))))));
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
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.of("key", "another"),
                        Arbitraries.integers().between(1, 3),
                        Arbitraries.of("trust-a", "trust-b"))
                .as(EntitlementTest::provisioned);
        return Arbitraries.frequencyOf(Tuple.of(6, told), Tuple.of(1, Arbitraries.just(Entitlement.REVOKED)));
    }
}
