package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanyard.common.events.Trusteeship;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
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
    Arbitrary<List<Wanted>> profiles() {
        return Combinators.combine(
                        Arbitraries.of("cloud-provider", "volumes", "registry"),
                        Arbitraries.of(Trusteeship.PER_CLUSTER, Trusteeship.ISSUER),
                        roles().map(TreeSet::new))
                .as(Wanted::new)
                .list()
                .uniqueElements(Wanted::purpose);
    }

    @Property
    void nothingIsDelegatedThatTheProfileOrTheOwnerHasNot(
            @ForAll("profiles") List<Wanted> profiles, @ForAll("roles") Set<String> held) {
        assertThat(Delegable.of(profiles, held)).allSatisfy(wanted -> {
            assertThat(profileOf(wanted.purpose(), profiles).roles()).containsAll(wanted.roles());
            assertThat(held).containsAll(wanted.roles());
        });
    }

    @Property
    void everythingIsDelegatedThatBothHaveToWhomTheProfileSays(
            @ForAll("profiles") List<Wanted> profiles, @ForAll("roles") Set<String> held) {
        var delegable = Delegable.of(profiles, held);
        for (var profile : profiles) {
            profile.roles().stream().filter(held::contains).forEach(role -> {
                var wanted = profileOf(profile.purpose(), delegable);
                assertThat(wanted.roles()).contains(role);
                assertThat(wanted.trustee()).isEqualTo(profile.trustee());
            });
        }
    }

    @Property
    void aPurposeWithoutRolesIsLeftOut(@ForAll("profiles") List<Wanted> profiles, @ForAll("roles") Set<String> held) {
        assertThat(Delegable.of(profiles, held))
                .noneMatch(wanted -> wanted.roles().isEmpty());
    }

    @Property
    void theProfilesAreNotTouched(@ForAll("profiles") List<Wanted> profiles, @ForAll("roles") Set<String> held) {
        var before = profiles.toString();

        Delegable.of(profiles, held);

        assertThat(profiles).hasToString(before);
    }

    @Test
    void namesOfRolesAreComparedAsTheyAre() {
        var profile = new Wanted("cloud-provider", Trusteeship.PER_CLUSTER, new TreeSet<>(Set.of("member")));

        assertThat(Delegable.of(List.of(profile), Set.of("Member"))).isEmpty();
    }

    private static Wanted profileOf(String purpose, List<Wanted> profiles) {
        return profiles.stream()
                .filter(profile -> profile.purpose().equals(purpose))
                .findFirst()
                .orElseThrow();
    }
}
