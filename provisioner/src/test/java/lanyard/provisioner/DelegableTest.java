package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Nobody can pass on what they do not hold, nor get what no profile names. */
class DelegableTest {
    @Provide
    Arbitrary<Set<String>> roles() {
        return Arbitraries.of("member", "reader", "admin", "load-balancer_member", "swift", "Member")
                .set();
    }

    @Provide
    Arbitrary<Map<String, Set<String>>> profiles() {
        return Arbitraries.maps(Arbitraries.of("cloud-provider", "volumes", "registry"), roles());
    }

    @Property
    void nothingIsDelegatedThatTheProfileOrTheOwnerHasNot(
            @ForAll("profiles") Map<String, Set<String>> profiles, @ForAll("roles") Set<String> held) {
        Delegable.of(profiles, held).forEach((purpose, roles) -> {
            assertThat(profiles).containsKey(purpose);
            assertThat(profiles.get(purpose)).containsAll(roles);
            assertThat(held).containsAll(roles);
        });
    }

    @Property
    void everythingIsDelegatedThatBothHave(
            @ForAll("profiles") Map<String, Set<String>> profiles, @ForAll("roles") Set<String> held) {
        var delegable = Delegable.of(profiles, held);
        profiles.forEach((purpose, roles) -> roles.stream()
                .filter(held::contains)
                .forEach(role -> assertThat(delegable.get(purpose)).contains(role)));
    }

    @Property
    void aPurposeWithoutRolesIsLeftOut(
            @ForAll("profiles") Map<String, Set<String>> profiles, @ForAll("roles") Set<String> held) {
        assertThat(Delegable.of(profiles, held).values()).noneMatch(Set::isEmpty);
    }

    @Property
    void theProfilesAreNotTouched(
            @ForAll("profiles") Map<String, Set<String>> profiles, @ForAll("roles") Set<String> held) {
        var before = Map.copyOf(profiles);

        Delegable.of(profiles, held);

        assertThat(profiles).isEqualTo(before);
    }

    @Test
    void namesOfRolesAreComparedAsTheyAre() {
        assertThat(Delegable.of(Map.of("cloud-provider", Set.of("member")), Set.of("Member")))
                .isEmpty();
    }
}
