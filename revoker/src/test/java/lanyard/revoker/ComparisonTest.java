package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.reconcile.Phase;
import lanyard.revoker.Comparison.Known;
import lanyard.revoker.Comparison.Rules;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What follows from the conductor's list, and what does not. */
class ComparisonTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Rules RULES = new Rules(Duration.ofHours(1), 0.1);

    private final String cluster = UUID.randomUUID().toString();

    @Test
    void aClusterThatNobodyHeardOfLacksItsCredentialOnceItIsOldEnough() {
        assertThat(unserved(listed(Duration.ofMinutes(59), false), null)).isFalse();
        assertThat(unserved(listed(Duration.ofMinutes(60), false), null)).isTrue();
        assertThat(unserved(listed(null, false), null)).isTrue();
    }

    @Test
    void oneThatWasHeardOfLacksItWhileNothingIsProvisioned() {
        var old = listed(Duration.ofDays(1), false);

        assertThat(unserved(old, known(Phase.PRESENT, false))).isTrue();
        assertThat(unserved(old, known(Phase.PRESENT, true))).isFalse();
        assertThat(unserved(old, known(Phase.DELETING, false))).isFalse();
        assertThat(unserved(old, known(Phase.ABSENT, false))).isFalse();
    }

    @Test
    void oneThatIsBeingDeletedLacksNothing() {
        assertThat(unserved(listed(Duration.ofDays(1), true), null)).isFalse();
    }

    private boolean unserved(Cluster listed, @Nullable Known known) {
        var unserved = Comparison.compare(List.of(listed), known == null ? List.of() : List.of(known), RULES, NOW)
                .unserved();
        assertThat(unserved).isSubsetOf(listed);
        return !unserved.isEmpty();
    }

    @Test
    void aLivingClusterIsMissedAndATombstoneIsNot() {
        assertThat(Comparison.compare(List.of(), List.of(known(Phase.PRESENT, true)), RULES, NOW)
                        .unlisted())
                .hasSize(1);
        assertThat(Comparison.compare(List.of(), List.of(known(Phase.DELETING, true)), RULES, NOW)
                        .unlisted())
                .hasSize(1);
        assertThat(Comparison.compare(List.of(), List.of(known(Phase.ABSENT, true)), RULES, NOW)
                        .unlisted())
                .isEmpty();
    }

    @Test
    void oneThatWasMissedAndIsListedIsMissedNoMore() {
        var missed = new Known(cluster, Phase.PRESENT, true, NOW.minusSeconds(7_200), 2);

        var findings = Comparison.compare(List.of(listed(Duration.ofDays(1), true)), List.of(missed), RULES, NOW);

        assertThat(findings.listedAgain()).containsExactly(cluster);
        assertThat(findings.unlisted()).isEmpty();
    }

    @Test
    void anEmptyListIsNotBelievedNorOneThatLacksFarTooMany() {
        assertThat(missing(1, 1)).isTrue();
        assertThat(missing(2, 2)).isTrue();
        assertThat(missing(2, 1)).isFalse();
        assertThat(missing(100, 10)).isFalse();
        assertThat(missing(100, 11)).isTrue();
        assertThat(missing(1_000, 100)).isFalse();
        assertThat(missing(1_000, 101)).isTrue();
        assertThat(missing(1_000, 1_000)).isTrue();
    }

    private static boolean missing(int all, int unlisted) {
        var known = IntStream.range(0, all)
                .mapToObj(i -> new Known("c" + i, Phase.PRESENT, true, null, 0))
                .toList();
        var listed = known.stream()
                .skip(unlisted)
                .map(each -> new Cluster(each.id(), "p", "u", false, NOW))
                .toList();
        return Comparison.compare(listed, known, RULES, NOW).tooMany();
    }

    @Test
    void withTheWholeShareTheOperatorVouchesForIt() {
        var findings = Comparison.compare(
                List.of(), List.of(known(Phase.PRESENT, true)), new Rules(Duration.ofHours(1), 1), NOW);

        assertThat(findings.tooMany()).isFalse();
    }

    @Test
    void aMissedClusterIsGoneAfterThreeComparisonsAndTheGrace() {
        assertThat(gone(null, 0)).isFalse();
        assertThat(gone(Duration.ofHours(2), 1)).isFalse();
        assertThat(gone(Duration.ofMinutes(59), 5)).isFalse();
        assertThat(gone(Duration.ofMinutes(60), 2)).isTrue();
    }

    private boolean gone(@Nullable Duration missedFor, int times) {
        var since = missedFor == null ? null : NOW.minus(missedFor);
        return Comparison.isGone(new Known(cluster, Phase.PRESENT, true, since, times), RULES, NOW);
    }

    private Cluster listed(@Nullable Duration age, boolean leaving) {
        return new Cluster(cluster, "p", "u", leaving, age == null ? null : NOW.minus(age));
    }

    private Known known(Phase phase, boolean provisioned) {
        return new Known(cluster, phase, provisioned, null, 0);
    }
}
