package lanyard.common.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.CredentialReady.Sealed;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.time.api.DateTimes;

/** Every event that can be made can be written, is valid by its schema, and is read as the same. */
class AnyEventTest {
    @Property(tries = 500)
    void everyEventGoesThereAndBack(@ForAll("events") CredentialEvent event, @ForAll("instants") Instant time) {
        var body = EventCodec.write(event, Samples.ID, Samples.SOURCE, time);

        EventSchemas.assertValid(body);
        assertThat(EventCodec.read(body)).isEqualTo(new Read.Event(event, Samples.ID, time, Samples.SOURCE));
        assertThat(EventCodec.write(event, Samples.ID, Samples.SOURCE, time)).isEqualTo(body);
    }

    @Property(tries = 2_000)
    void anyBytesAreAnswered(@ForAll byte[] body) {
        assertThat(EventCodec.read(body)).isInstanceOf(Read.Rejected.class);
    }

    @Provide
    Arbitrary<CredentialEvent> events() {
        return Arbitraries.oneOf(
                provisioned(),
                failed(),
                ready(),
                issued(),
                refused(),
                tokenRevoked(),
                rotation(),
                retry(),
                listed(),
                revoked(),
                sweep(),
                swept());
    }

    @Provide
    Arbitrary<Instant> instants() {
        return DateTimes.instants();
    }

    private Arbitrary<CredentialEvent> provisioned() {
        var grants = Combinators.combine(
                        slugs(),
                        ids(),
                        Arbitraries.of(Trusteeship.PER_CLUSTER, Trusteeship.ISSUER),
                        names().list().uniqueElements().ofMinSize(1).ofMaxSize(5))
                .as(Grant::new)
                .list()
                .uniqueElements(Grant::purpose)
                .ofMinSize(1)
                .ofMaxSize(5);
        return Combinators.combine(
                        clusters(),
                        ids(),
                        counted(),
                        counted(),
                        slugs(),
                        Combinators.combine(ids(), names()).as(AnyEventTest::custodian),
                        Combinators.combine(ids(), names(), ids())
                                .as(AnyEventTest::trustee)
                                .injectNull(0.2),
                        grants)
                .as(CredentialProvisioned::new);
    }

    private Arbitrary<CredentialEvent> failed() {
        var reasons = Arbitraries.of(FailureReason.class).filter(r -> r != FailureReason.UNKNOWN);
        return Combinators.combine(
                        clusters(), ids().injectNull(0.3), generations(), generations(), reasons, Arbitraries.strings())
                .as(CredentialFailed::new);
    }

    private Arbitrary<CredentialEvent> ready() {
        var jwes = Arbitraries.strings()
                .alpha()
                .numeric()
                .ofMinLength(1)
                .ofMaxLength(200)
                .list()
                .ofSize(5)
                .map(parts -> String.join(".", parts));
        var sealed = Combinators.combine(names(), jwes)
                .as(Sealed::new)
                .list()
                .uniqueElements(Sealed::recipient)
                .ofMinSize(1)
                .ofMaxSize(8);
        var doors = Arbitraries.of(
                "https://door.example.org/v3", "http://127.0.0.1:35357/v3", "https://[2001:db8::1]:5000/identity/v3");
        return Combinators.combine(clusters(), ids(), generations(), slugs(), ids(), doors, sealed)
                .as(CredentialReady::new);
    }

    private Arbitrary<CredentialEvent> issued() {
        var sources = Arbitraries.of(TokenIssued.Source.CACHE, TokenIssued.Source.KEYSTONE);
        var addresses = Arbitraries.of("192.0.2.17", "2001:db8::17", "fe80::1%eth0");
        return Combinators.combine(clusters(), slugs(), ids(), sources, instants(), addresses, ids())
                .as(TokenIssued::new);
    }

    private Arbitrary<CredentialEvent> refused() {
        return Combinators.combine(
                        clusters(),
                        slugs().injectNull(0.3),
                        ids().injectNull(0.3),
                        slugs(),
                        Arbitraries.of("192.0.2.17", "unknown"),
                        ids())
                .as(TokenRefused::new);
    }

    private Arbitrary<CredentialEvent> tokenRevoked() {
        return Combinators.combine(clusters(), slugs(), ids(), Arbitraries.of("192.0.2.17", "unknown"), ids())
                .as(TokenRevoked::new);
    }

    private Arbitrary<CredentialEvent> rotation() {
        return Combinators.combine(clusters(), generations(), generations()).as(RotationRequested::new);
    }

    private Arbitrary<CredentialEvent> retry() {
        return clusters().map(RetryRequested::new);
    }

    private Arbitrary<CredentialEvent> listed() {
        return Combinators.combine(
                        clusters(), ids().map(id -> "p" + id.substring(1)), ids().map(id -> "u" + id.substring(1)))
                .as(ClusterListed::new);
    }

    private static Arbitrary<Generation> counted() {
        return Combinators.combine(generations(), ids().filter(id -> Character.isLetterOrDigit(id.charAt(0))))
                .as(Generation::new);
    }

    private Arbitrary<CredentialEvent> revoked() {
        return Combinators.combine(
                        clusters(),
                        Arbitraries.integers().between(0, 1_000_000),
                        Arbitraries.of(TrusteeFate.REMOVED, TrusteeFate.ABSENT))
                .as(CredentialRevoked::new);
    }

    private Arbitrary<CredentialEvent> sweep() {
        return Combinators.combine(ids(), Arbitraries.of(false, true))
                .as((request, dry) -> new SweepRequested(CredentialEvent.NO_CLUSTER, request, dry));
    }

    private Arbitrary<CredentialEvent> swept() {
        var orphans = Combinators.combine(
                        Arbitraries.of(SweepFinished.Kind.class).filter(kind -> kind != SweepFinished.Kind.UNKNOWN),
                        ids().map(id -> "o" + id.substring(1)),
                        ids(),
                        instants(),
                        instants(),
                        Arbitraries.of(SweepFinished.Fate.class).filter(fate -> fate != SweepFinished.Fate.UNKNOWN))
                .as(SweepFinished.Orphan::new)
                .list()
                .uniqueElements(SweepFinished.Orphan::id)
                .ofMaxSize(5);
        var outcomes =
                Arbitraries.of(SweepFinished.Outcome.class).filter(outcome -> outcome != SweepFinished.Outcome.UNKNOWN);
        var counts = Arbitraries.integers().between(0, 100_000_000);
        return Combinators.combine(
                        ids().injectNull(0.3),
                        outcomes,
                        Arbitraries.strings().injectNull(0.3),
                        counts,
                        counts,
                        orphans,
                        counts)
                .as((request, outcome, message, ours, foreign, listed, more) -> new SweepFinished(
                        CredentialEvent.NO_CLUSTER,
                        request,
                        request == null,
                        outcome,
                        message,
                        ours,
                        foreign,
                        more,
                        listed,
                        more));
    }

    private static Custodian custodian(String id, String name) {
        return new Custodian("u" + id.substring(1), name);
    }

    private static Trustee trustee(String id, String name, String domain) {
        return new Trustee("u" + id.substring(1), name, domain);
    }

    private static Arbitrary<String> clusters() {
        return Arbitraries.create(UUID::randomUUID).map(UUID::toString);
    }

    private static Arbitrary<Integer> generations() {
        return Arbitraries.integers().between(1, CredentialEvent.HIGHEST_GENERATION);
    }

    private static Arbitrary<String> ids() {
        return Arbitraries.strings()
                .alpha()
                .numeric()
                .withChars('-', '_')
                .ofMinLength(1)
                .ofMaxLength(64);
    }

    private static Arbitrary<String> slugs() {
        return Arbitraries.strings()
                .withCharRange('a', 'z')
                .numeric()
                .withChars('-')
                .ofMinLength(1)
                .ofMaxLength(32);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .withCharRange(' ', '~')
                .withChars('ä', 'Ж', '中')
                .ofMinLength(1)
                .ofMaxLength(255);
    }
}
