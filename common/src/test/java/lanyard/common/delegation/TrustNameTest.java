package lanyard.common.delegation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A name says whose a trust is, for as long as there is a trust of that name: no version may change it. */
class TrustNameTest {
    private static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final SortedSet<String> ROLES = new TreeSet<>(List.of("member", "load-balancer_member"));

    @Test
    void aNameStaysWhatItWas() {
        assertThat(TrustName.of(CLUSTER, "cloud-provider", ROLES, 1, 0))
                .isEqualTo(Instant.parse("2558-11-30T09:43:09Z"));
        assertThat(TrustName.of(CLUSTER, "cloud-provider", ROLES, 2, 0))
                .isEqualTo(Instant.parse("2558-11-30T10:57:47Z"));
    }

    @Property(tries = 2_000)
    void aNameIsAWholeSecondThatKeystoneCanKeepAndIsTheClusters(
            @ForAll("clusters") String cluster,
            @ForAll("purposes") String purpose,
            @ForAll @IntRange(min = 1, max = 1_000_000) int generation,
            @ForAll @IntRange(max = TrustName.ATTEMPTS) int attempt) {
        var name = TrustName.of(cluster, purpose, ROLES, generation, attempt);

        assertThat(name.getNano()).isZero();
        assertThat(name).isBetween(Instant.parse("2200-01-01T00:00:00Z"), Instant.parse("9999-12-31T23:59:59Z"));
        assertThat(TrustName.isOf(cluster, name)).isTrue();
        assertThat(TrustName.isOne(name)).isTrue();
        assertThat(TrustName.of(cluster, purpose, ROLES, generation, attempt)).isEqualTo(name);
    }

    @Test
    void itIsNobodyElses() {
        var name = TrustName.of(CLUSTER, "cloud-provider", ROLES, 1, 0);

        for (int i = 0; i < 1_000; i++) {
            assertThat(TrustName.isOf(new UUID(1, i).toString(), name)).isFalse();
        }
    }

    @Test
    void aTrustWithoutAnEndOrWithAnOrdinaryOneIsNoCluster() {
        assertThat(TrustName.isOf(CLUSTER, null)).isFalse();
        assertThat(TrustName.isOne(null)).isFalse();
        assertThat(TrustName.isOne(Instant.parse("6600-01-01T00:00:00Z"))).isFalse();
        for (var end : List.of("1970-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "2199-12-31T23:59:59Z")) {
            assertThat(TrustName.isOf(CLUSTER, Instant.parse(end))).isFalse();
            assertThat(TrustName.isOne(Instant.parse(end))).isFalse();
        }
    }

    @Test
    void anotherPurposeChoiceOfRolesGenerationOrAttemptIsAnotherTrust() {
        var names = new HashSet<Instant>();
        var made = 0;
        for (var purpose : List.of("cloud-provider", "volumes")) {
            for (var roles : List.of(ROLES, new TreeSet<>(List.of("member")))) {
                for (int generation = 1; generation <= 3; generation++) {
                    for (int attempt = 0; attempt < 3; attempt++) {
                        names.add(TrustName.of(CLUSTER, purpose, roles, generation, attempt));
                        made++;
                    }
                }
            }
        }
        assertThat(names).hasSize(made);
    }

    @Provide
    Arbitrary<String> clusters() {
        return Arbitraries.create(UUID::randomUUID).map(UUID::toString);
    }

    @Provide
    Arbitrary<String> purposes() {
        return Arbitraries.of("cloud-provider", "volumes", "registry");
    }
}
