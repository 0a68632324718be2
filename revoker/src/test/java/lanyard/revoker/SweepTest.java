package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepFinished.Kind;
import lanyard.common.events.SweepFinished.Outcome;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.revoker.Sweep.Cluster;
import lanyard.revoker.Sweep.Findings;
import lanyard.revoker.Sweep.Held;
import lanyard.revoker.Sweep.Orphan;
import lanyard.revoker.Sweep.Rules;
import lanyard.revoker.Sweep.Suspect;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The sweep's decisions: in any cloud, with any rows, what is not provably an orphan is left alone. */
class SweepTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Duration GRACE = Duration.ofHours(24);
    private static final Rules RULES = new Rules(GRACE, 0.1);
    private static final Rules UNBOUND = new Rules(GRACE, 1);
    private static final String ISSUER = "issuer";

    /** A small world, so that what is in Keystone, in the rows and seen before meets often. */
    private record World(Held held, List<Cluster> clusters, List<Suspect> seen, Rules rules) {
        Findings decide() {
            return Sweep.decide(held, clusters, seen, rules, NOW);
        }

        Stream<Suspect> orphans() {
            var findings = decide();
            return Stream.concat(findings.waiting().stream(), findings.due().stream());
        }
    }

    @Provide
    Arbitrary<World> worlds() {
        return Combinators.combine(
                        few(users(), User::id, 20),
                        Arbitraries.of(false, true),
                        few(trusts(), Trust::id, 10),
                        few(clusters(), Cluster::id, 8),
                        few(suspects(), suspect -> suspect.orphan().id(), 15),
                        Arbitraries.of(0.0, 0.1, 0.5, 1.0).map(share -> new Rules(GRACE, share)))
                .as((users, truncated, trusts, clusters, seen, rules) ->
                        new World(new Held(users, truncated, trusts), clusters, seen, rules));
    }

    /** Of those with the same key the last. */
    private static <T> Arbitrary<List<T>> few(Arbitrary<T> one, Function<T, String> key, int most) {
        return one.list()
                .ofMaxSize(most)
                .map(list -> List.copyOf(list.stream()
                        .collect(Collectors.toMap(key, Function.identity(), (first, last) -> last, LinkedHashMap::new))
                        .values()));
    }

    private static Arbitrary<User> users() {
        return Arbitraries.integers()
                .between(0, 5)
                .flatMap(i -> Arbitraries.of(
                        new User("trustee-" + i, cluster(i), true),
                        new User("trustee-" + i, cluster(i), false),
                        new User("custodian-" + i % 3, UserNames.custodian(project(i % 3)), true),
                        new User("foreign-" + i, "somebody-" + i, true),
                        new User("foreign-" + i, cluster(i).toUpperCase(Locale.ROOT), true),
                        new User("not an id " + i, cluster(i), true),
                        new User(ISSUER, UserNames.ISSUER, true)));
    }

    private static Arbitrary<Trust> trusts() {
        var ends = Arbitraries.integers()
                .between(0, 5)
                .map(i -> name(cluster(i)))
                .injectNull(0.1)
                .injectDuplicates(0.1);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.of("custodian-0", "custodian-1", "trustee-0", "foreign-1", "elsewhere"),
                        Arbitraries.of(project(0), project(1), ""),
                        ends)
                .as((i, trustor, project, end) -> new Trust("trust-" + i, trustor, ISSUER, project, end));
    }

    private static Arbitrary<Cluster> clusters() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(false, true),
                        Arbitraries.of(
                                Set.<String>of(),
                                Set.of(project(0)),
                                Set.of(project(1)),
                                Set.of(project(0), project(2))),
                        Arbitraries.of(Set.<String>of(), Set.of("trust-1"), Set.of("trust-2", "trust-3")))
                .as((i, living, projects, trusts) -> new Cluster(cluster(i), living, projects, trusts));
    }

    private static Arbitrary<Suspect> suspects() {
        var orphans = Arbitraries.integers()
                .between(0, 5)
                .flatMap(i -> Arbitraries.of(
                        new Orphan(Kind.TRUSTEE, "trustee-" + i, cluster(i)),
                        new Orphan(Kind.TRUSTEE, "trustee-" + i, cluster(5 - i)),
                        new Orphan(Kind.CUSTODIAN, "custodian-" + i % 3, project(i % 3)),
                        new Orphan(Kind.TRUST, "trust-" + i, project(i % 2))));
        var times = Arbitraries.of(
                NOW.minus(GRACE).minusSeconds(1),
                NOW.minus(GRACE),
                NOW.minus(GRACE).plusSeconds(1));
        return Combinators.combine(orphans, times, Arbitraries.of(false, true)).as(Suspect::new);
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void whatIsNotLanyardsByNameIsNeverAnOrphan(@ForAll("worlds") World world) {
        assertThat(world.orphans().map(Suspect::orphan)).allSatisfy(orphan -> {
            switch (orphan.kind()) {
                case TRUSTEE ->
                    assertThat(world.held().users())
                            .anyMatch(user -> user.id().equals(orphan.id())
                                    && user.name().equals(orphan.whose())
                                    && user.name().matches("[0-9a-f-]{36}"));
                case CUSTODIAN ->
                    assertThat(world.held().users())
                            .anyMatch(user ->
                                    user.id().equals(orphan.id()) && user.name().equals("custodian-" + orphan.whose()));
                case TRUST ->
                    assertThat(world.held().trustsToIssuer())
                            .anyMatch(trust -> trust.id().equals(orphan.id())
                                    && trust.projectId().equals(orphan.whose())
                                    && trust.expiresAt() != null
                                    && world.held().users().stream()
                                            .anyMatch(user -> user.id().equals(trust.trustorId())
                                                    && user.name().equals("custodian-" + orphan.whose())));
                case UNKNOWN -> assertThat(orphan).isNull();
            }
        });
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void whatBelongsToAClusterThatIsNotProvedGoneIsNeverAnOrphan(@ForAll("worlds") World world) {
        assertThat(world.orphans().map(Suspect::orphan)).allSatisfy(orphan -> {
            switch (orphan.kind()) {
                case TRUSTEE ->
                    assertThat(world.clusters()).noneMatch(known -> known.id().equals(orphan.whose()));
                case CUSTODIAN ->
                    assertThat(world.clusters())
                            .noneMatch(known -> known.projects().contains(orphan.whose()));
                case TRUST -> {
                    var end = world.held().trustsToIssuer().stream()
                            .filter(trust -> trust.id().equals(orphan.id()))
                            .map(Trust::expiresAt)
                            .findFirst()
                            .orElseThrow();
                    assertThat(world.clusters())
                            .noneMatch(known -> known.trusts().contains(orphan.id()))
                            .noneMatch(known -> TrustName.isOf(known.id(), end)
                                    && (known.projects().isEmpty()
                                            || known.projects().contains(orphan.whose())));
                }
                case UNKNOWN -> assertThat(orphan).isNull();
            }
        });
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void nothingIsDueThatWasNotSeenAsTheSameOrphanAGraceAgo(@ForAll("worlds") World world) {
        assertThat(world.decide().due()).allSatisfy(suspect -> {
            assertThat(world.seen()).contains(suspect);
            assertThat(suspect.since()).isBeforeOrEqualTo(NOW.minus(GRACE));
        });
        assertThat(world.decide().waiting())
                .allSatisfy(suspect -> assertThat(suspect.since()).isAfter(NOW.minus(GRACE)));
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void nothingIsRemovedWhereThereAreMoreOrphansThanCanBeRight(@ForAll("worlds") World world) {
        var findings = world.decide();
        var orphans = world.orphans().count();
        if (world.rules().share() < 1 && orphans > 0) {
            var anyLives = world.clusters().stream().anyMatch(Cluster::living);
            assertThat(findings.outcome())
                    .isEqualTo(
                            !anyLives
                                    ? Outcome.NONE_LIVE
                                    : orphans > findings.most() ? Outcome.TOO_MANY : Outcome.DONE);
        } else {
            assertThat(findings.outcome()).isEqualTo(Outcome.DONE);
        }
        assertThat(findings.doomed())
                .isEqualTo(findings.outcome() == Outcome.DONE ? findings.due() : List.<Suspect>of());
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void everythingIsCountedOnce(@ForAll("worlds") World world) {
        var findings = world.decide();
        var issuers = world.held().users().stream()
                .filter(user -> user.name().equals(UserNames.ISSUER))
                .count();

        assertThat(findings.ours() + findings.foreign() + issuers)
                .isEqualTo(world.held().users().size()
                        + world.held().trustsToIssuer().size());
        assertThat(world.orphans().map(suspect -> suspect.orphan().id())).doesNotHaveDuplicates();
        assertThat(world.orphans().count()).isLessThanOrEqualTo(findings.ours());
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void onlyWhatWasDoomedAndIsNotThereIsToldAsGone(@ForAll("worlds") World world) {
        var findings = world.decide();
        assertThat(findings.gone()).allSatisfy(suspect -> {
            assertThat(world.seen()).contains(suspect);
            assertThat(suspect.doomed()).isTrue();
            assertThat(world.orphans().map(orphan -> orphan.orphan().id()))
                    .doesNotContain(suspect.orphan().id());
            if (suspect.orphan().kind() != Kind.TRUSTEE) {
                assertThat(world.held().truncated()).isFalse();
                assertThat(world.held().users())
                        .noneMatch(user -> user.id().equals(suspect.orphan().id()));
            }
        });
    }

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void theOrderInWhichThingsAreListedDoesNotMatter(@ForAll("worlds") World world, @ForAll Random random) {
        assertThat(Sweep.decide(
                        new Held(
                                shuffled(world.held().users(), random),
                                world.held().truncated(),
                                shuffled(world.held().trustsToIssuer(), random)),
                        shuffled(world.clusters(), random),
                        world.seen(),
                        world.rules(),
                        NOW))
                .isEqualTo(world.decide());
    }

    @Example
    void aClusterInTheMakingIsNoOrphanAndNeitherIsOneBeingRevoked() {
        var held = new Held(
                List.of(
                        new User("t0", cluster(0), true),
                        new User("t1", cluster(1), true),
                        new User("c0", UserNames.custodian(project(0)), true)),
                false,
                List.of(new Trust("x", "c0", ISSUER, project(0), name(cluster(0)))));
        var clusters = List.of(
                new Cluster(cluster(0), true, Set.of(project(0)), Set.of()),
                new Cluster(cluster(1), false, Set.of(), Set.of()));

        var findings = Sweep.decide(held, clusters, List.of(), RULES, NOW);

        assertThat(findings).isEqualTo(new Findings(4, 0, 2, List.of(), List.of(), List.of(), Outcome.DONE));
    }

    @Example
    void aRestoredEmptyDatabaseRemovesNothingHoweverFewThereAre() {
        for (int trustees = 1; trustees < 40; trustees++) {
            assertThat(cloud(trustees, 0, RULES).outcome()).isEqualTo(Outcome.NONE_LIVE);
            assertThat(cloud(trustees, 0, RULES).doomed()).isEmpty();
        }
    }

    @Example
    void theFirstClusterAfterThatDoesNotLetItGo() {
        for (int trustees = 2; trustees < 40; trustees++) {
            assertThat(cloud(trustees, 1, RULES).outcome()).isEqualTo(Outcome.TOO_MANY);
        }
    }

    @Example
    void aFewMayGoIfTheyAreNotTheGreaterPartAndOfManyAShare() {
        assertThat(cloud(1, 1, RULES).outcome()).isEqualTo(Outcome.DONE);
        assertThat(cloud(2, 1, RULES).outcome()).isEqualTo(Outcome.TOO_MANY);
        assertThat(cloud(10, 10, RULES).outcome()).isEqualTo(Outcome.DONE);
        assertThat(cloud(11, 30, RULES).outcome()).isEqualTo(Outcome.TOO_MANY);
        assertThat(cloud(50, 450, RULES).outcome()).isEqualTo(Outcome.DONE);
        assertThat(cloud(51, 450, RULES).outcome()).isEqualTo(Outcome.TOO_MANY);
        assertThat(cloud(60, 40, new Rules(GRACE, 0.6)).outcome()).isEqualTo(Outcome.DONE);
        assertThat(cloud(7, 0, UNBOUND).outcome()).isEqualTo(Outcome.DONE);
        assertThat(cloud(0, 0, RULES).outcome()).isEqualTo(Outcome.DONE);
    }

    @Example
    void oneSweepRemovesNoMoreThanItCanTell() {
        var findings = cloud(250, 10, UNBOUND);

        assertThat(findings.doomed()).hasSize(SweepFinished.MOST_LISTED);
        assertThat(findings.waiting()).hasSize(150);
        var gone = List.of(new Suspect(new Orphan(Kind.TRUST, "x", project(0)), NOW, true));
        var held = new Held(
                IntStream.range(0, 250)
                        .mapToObj(i -> new User("t" + i, cluster(i), true))
                        .toList(),
                false,
                List.of());
        var seen = Stream.concat(gone.stream(), findings.due().stream()).toList();
        assertThat(Sweep.decide(held, List.of(), seen, UNBOUND, NOW).due())
                .as("with what is to be told of an earlier one")
                .hasSize(SweepFinished.MOST_LISTED - 1);
    }

    @Example
    void anOrphanThatHasAnotherNameNowIsSeenForTheFirstTime() {
        var held = new Held(List.of(new User("t", cluster(1), true)), false, List.of());
        var seen = List.of(new Suspect(new Orphan(Kind.TRUSTEE, "t", cluster(0)), Instant.EPOCH, false));

        var findings = Sweep.decide(held, List.of(), seen, UNBOUND, NOW);

        assertThat(findings.due()).isEmpty();
        assertThat(findings.waiting())
                .containsExactly(new Suspect(new Orphan(Kind.TRUSTEE, "t", cluster(1)), NOW, false));
    }

    /** So many trustees of no cluster, known for long, and so many of living ones. */
    private static Findings cloud(int orphans, int living, Rules rules) {
        var users = IntStream.range(0, orphans + living)
                .mapToObj(i -> new User("t" + i, cluster(i), true))
                .toList();
        var clusters = IntStream.range(orphans, orphans + living)
                .mapToObj(i -> new Cluster(cluster(i), true, Set.of(project(0)), Set.of()))
                .toList();
        var seen = IntStream.range(0, orphans)
                .mapToObj(i -> new Suspect(new Orphan(Kind.TRUSTEE, "t" + i, cluster(i)), NOW.minus(GRACE), false))
                .toList();
        return Sweep.decide(new Held(users, false, List.of()), clusters, seen, rules, NOW);
    }

    private static <T> List<T> shuffled(List<T> list, Random random) {
        var copy = new ArrayList<>(list);
        Collections.shuffle(copy, random);
        return copy;
    }

    private static String cluster(int i) {
        return new UUID(1, i).toString();
    }

    private static String project(int i) {
        return "project-" + i;
    }

    private static Instant name(String cluster) {
        return TrustName.of(cluster, "cloud-provider", new TreeSet<>(Set.of("member")), 1, 0);
    }
}
