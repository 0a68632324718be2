package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import lanyard.common.events.Trusteeship;
import lanyard.provisioner.Profiles.Profile;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Nobody can pass on what they do not hold, nor get what no profile names. */
class DelegableTest {
    record Given(Set<String> roles, Trusteeship trustee) implements Profile {}

    @Provide
    Arbitrary<Set<String>> roles() {
        return Arbitraries.of("member", "reader", "admin", "load-balancer_member", "swift", "Member")
                .set();
    }

    @Provide
    Arbitrary<SortedMap<String, Given>> profiles() {
        var profile = Combinators.combine(roles(), Arbitraries.of(Trusteeship.PER_CLUSTER, Trusteeship.ISSUER))
                .as(Given::new);
        return Arbitraries.maps(Arbitraries.of("cloud-provider", "volumes", "registry"), profile)
                .map(TreeMap::new);
    }

    @Property
    void nothingIsDelegatedThatTheProfileOrTheOwnerHasNot(
            @ForAll("profiles") SortedMap<String, Given> profiles, @ForAll("roles") Set<String> held) {
        assertThat(Delegable.of(profiles, held)).allSatisfy(wanted -> {
            assertThat(profiles).containsKey(wanted.purpose());
            assertThat(profiles.get(wanted.purpose()).roles()).containsAll(wanted.roles());
            assertThat(held).containsAll(wanted.roles());
        });
    }

    @Property
    void everythingIsDelegatedThatBothHaveToWhomTheProfileSays(
            @ForAll("profiles") SortedMap<String, Given> profiles, @ForAll("roles") Set<String> held) {
        var delegable = Delegable.of(profiles, held);
        profiles.forEach((purpose, profile) -> profile.roles().stream()
                .filter(held::contains)
                .forEach(role -> assertThat(delegable)
                        .filteredOn(wanted -> wanted.purpose().equals(purpose))
                        .singleElement()
                        .satisfies(wanted -> {
                            assertThat(wanted.roles()).contains(role);
                            assertThat(wanted.trustee()).isEqualTo(profile.trustee());
                        })));
    }

    @Property
    void aPurposeWithoutRolesIsLeftOut(
            @ForAll("profiles") SortedMap<String, Given> profiles, @ForAll("roles") Set<String> held) {
        assertThat(Delegable.of(profiles, held))
                .noneMatch(wanted -> wanted.roles().isEmpty());
    }

    @Property
    void theProfilesAreNotTouched(
            @ForAll("profiles") SortedMap<String, Given> profiles, @ForAll("roles") Set<String> held) {
        var before = Map.copyOf(profiles);

        Delegable.of(profiles, held);

        assertThat(profiles).isEqualTo(before);
    }

    @Test
    void namesOfRolesAreComparedAsTheyAre() {
        var profile = new Given(Set.of("member"), Trusteeship.PER_CLUSTER);

        assertThat(Delegable.of(new TreeMap<>(Map.of("cloud-provider", profile)), Set.of("Member")))
                .isEmpty();
    }
}
