package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class TokenCacheTest {
    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Delegated CLOUD = delegated("cloud-provider");

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final Source source = new Source();
    private final Keystone keystone = new Keystone();
    private final Doubts doubts = new Doubts();
    private final TokenCache tokens = cache(Map.of());

    /** Answers as it is told to, and counts. */
    private static final class Source implements TokenSource {
        final AtomicInteger asked = new AtomicInteger();
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger mostInside = new AtomicInteger();
        final ConcurrentLinkedQueue<Delegated> order = new ConcurrentLinkedQueue<>();
        volatile Supplier<Reply<Token>> answer = () -> new Reply.Unavailable<>("not told what to answer");

        @Override
        public boolean canAsk(Delegated what) {
            return true;
        }

        @Override
        public Reply<Token> ask(Delegated what) {
            order.add(what);
            asked.incrementAndGet();
            mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
            try {
                return answer.get();
            } finally {
                inside.decrementAndGet();
            }
        }

        @Override
        public byte[] body(Token token) {
            return token.body().getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Is asked about tokens only. */
    private static final class Keystone implements KeystoneTokens {
        final AtomicInteger asked = new AtomicInteger();
        volatile Reply<Token> answer = new Reply.Unavailable<>("not told what to answer");

        @Override
        public Reply<Token> validate(Secret token) {
            asked.incrementAndGet();
            return answer;
        }

        @Override
        public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
            throw new AssertionError();
        }

        @Override
        public Reply<Token> issue(ServiceUser trustee, String trustId) {
            throw new AssertionError();
        }

        @Override
        public Reply<Token> logIn(ServiceUser user) {
            throw new AssertionError();
        }

        @Override
        public Reply<Void> revoke(Secret token) {
            throw new AssertionError();
        }

        @Override
        public Reply<Void> ping() {
            throw new AssertionError();
        }
    }

    /** Notes which backends are doubted. */
    private static final class Doubts extends ClusterStore {
        final List<String> noted = new ArrayList<>();
        volatile boolean away;

        Doubts() {
            super(null, null, null);
        }

        @Override
        synchronized void doubt(String cluster, int backend) {
            if (away) {
                throw new IllegalStateException("the database does not answer");
            }
            noted.add(cluster + "/" + backend);
        }
    }

    @AfterEach
    void letGo() {
        goOn.countDown();
    }

    @Test
    void aHundredWhoAskAtOnceCostOneCall() {
        keystoneStalls();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var asking = IntStream.range(0, 100)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> tokens.fetch(CLOUD), callers))
                    .toList();
            var flights = asking.stream().map(CompletableFuture::join).toList();
            goOn.countDown();
            assertThat(flights.stream().map(TokenCacheTest::held).distinct()).hasSize(1);
        }
        assertThat(source.asked).hasValue(1);
    }

    @Test
    void tokensDoNotWaitForEachOther() {
        keystoneStalls();
        var slow = tokens.fetch(delegated("slow"));
        await().until(() -> source.asked.get() == 1);
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(delegated("fast")));
        assertThat(slow).isNotDone();
        goOn.countDown();
        held(slow);
    }

    @Test
    void whatWasFetchedIsAtHandWithKeystonesBody() {
        assertThat(tokens.atHand(CLOUD)).isNull();
        keystoneGives(Duration.ofHours(1));
        var held = held(tokens.fetch(CLOUD));
        assertThat(tokens.atHand(CLOUD)).isSameAs(held);
        assertThat(new String(held.body(), StandardCharsets.UTF_8)).isEqualTo("{\"token\":{}}");
        assertThat(held.expiresAt()).isEqualTo(START.plus(Duration.ofHours(1)));
    }

    @Test
    void aTokenIsHandedOutUntilOnlyTheFloorIsLeft() {
        keystoneGives(Duration.ofHours(1));
        var held = held(tokens.fetch(CLOUD));
        keystoneIsAway();
        now.set(START.plus(Duration.ofMinutes(50)).minusMillis(1));
        assertThat(tokens.atHand(CLOUD)).isSameAs(held);
        now.set(START.plus(Duration.ofMinutes(50)));
        assertThat(tokens.atHand(CLOUD)).isNull();
    }

    @Test
    void ofAShortLivedTokenHalfIsTheFloor() {
        keystoneGives(Duration.ofMinutes(8));
        var held = held(tokens.fetch(CLOUD));
        keystoneIsAway();
        now.set(START.plus(Duration.ofMinutes(4)).minusMillis(1));
        assertThat(tokens.atHand(CLOUD)).isSameAs(held);
        now.set(START.plus(Duration.ofMinutes(4)));
        assertThat(tokens.atHand(CLOUD)).isNull();
    }

    @ParameterizedTest
    @MethodSource("tooShort")
    void aTokenThatIsOverWhenItComesIsNeverAtHand(Duration life) {
        keystoneGives(life);
        held(tokens.fetch(CLOUD));
        assertThat(tokens.atHand(CLOUD)).isNull();
    }

    static List<Duration> tooShort() {
        return List.of(Duration.ZERO, Duration.ofMillis(-20), Duration.ofMinutes(-20));
    }

    @Test
    void theClocksNeedNotAgree() {
        // By Keystone's clock the token has been over for a day: how long it lives is what counts.
        source.answer = () -> new Reply.Done<>(
                new Token(Secret.of("token"), START.minus(Duration.ofDays(1)), Duration.ofHours(1), "{}"));
        held(tokens.fetch(CLOUD));
        now.set(START.plus(Duration.ofMinutes(20)));
        assertThat(tokens.atHand(CLOUD)).isNotNull();
    }

    @Test
    void aFailureIsToldAndNotKept() {
        source.answer = () -> new Reply.Unavailable<>("down");
        assertThat(tokens.fetch(CLOUD).join()).isEqualTo(new Reply.Unavailable<>("down"));
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(CLOUD));
    }

    @Test
    void aRefusalHoldsForSomeSecondsSoThatLoginsInALoopCostKeystoneNothing() {
        source.answer = () -> new Reply.Denied<>(401, "no");
        assertThat(tokens.fetch(CLOUD).join()).isEqualTo(new Reply.Denied<>(401, "no"));
        keystoneGives(Duration.ofHours(1));
        assertThat(tokens.fetch(CLOUD).join()).isEqualTo(new Reply.Denied<>(401, "no"));
        now.set(now.get().plusSeconds(5));
        held(tokens.fetch(CLOUD));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whoeverFailsTheNextOneTriesAgain(Supplier<Reply<Token>> failure) {
        source.answer = failure;
        assertThatThrownBy(() -> tokens.fetch(CLOUD).join()).isInstanceOf(CompletionException.class);
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(CLOUD));
    }

    static List<Supplier<Reply<Token>>> failures() {
        return List.of(
                () -> {
                    throw new IllegalStateException("a fault");
                },
                () -> {
                    throw new StackOverflowError();
                });
    }

    @Test
    void aTokenIsRenewedAheadOfItsEndWhileTheOldOneIsHandedOut() {
        keystoneGives(Duration.ofHours(1));
        var old = held(tokens.fetch(CLOUD));
        now.set(START.plus(Duration.ofMinutes(25)).minusMillis(1));
        assertThat(tokens.atHand(CLOUD)).isSameAs(old);
        assertThat(source.asked).hasValue(1);
        keystoneStalls();
        now.set(START.plus(Duration.ofMinutes(46)));
        assertThat(tokens.atHand(CLOUD)).isSameAs(old);
        await().until(() -> source.asked.get() == 2);
        assertThat(tokens.atHand(CLOUD)).isSameAs(old);
        goOn.countDown();
        await().until(() -> tokens.atHand(CLOUD) != old);
        assertThat(tokens.atHand(CLOUD)).isNotNull();
        assertThat(source.asked).hasValue(2);
    }

    @Test
    void renewalsOfTokensThatWereFetchedTogetherPart() {
        keystoneGives(Duration.ofHours(1));
        var all = IntStream.range(0, 200).mapToObj(i -> delegated("p" + i)).toList();
        all.forEach(what -> held(tokens.fetch(what)));
        now.set(START.plus(Duration.ofMinutes(35)));
        all.forEach(tokens::atHand);
        // Half of them, give or take: renewals are spread evenly from 25 to 45 minutes.
        await().pollDelay(Duration.ofMillis(300)).until(() -> source.inside.get() == 0);
        assertThat(source.asked.get() - 200).isBetween(50, 150);
    }

    @Test
    void afterAFailedRenewalTheOldTokenIsHandedOutAndTheNextTryWaits() {
        keystoneGives(Duration.ofHours(1));
        var old = held(tokens.fetch(CLOUD));
        keystoneIsAway();
        now.set(START.plus(Duration.ofMinutes(46)));
        assertThat(tokens.atHand(CLOUD)).isSameAs(old);
        await().until(() -> source.asked.get() == 2);
        now.set(now.get().plusSeconds(9));
        assertThat(tokens.atHand(CLOUD)).isSameAs(old);
        assertThat(source.asked).hasValue(2);
        now.set(now.get().plusSeconds(1));
        await().until(() -> tokens.atHand(CLOUD) == old && source.asked.get() == 3);
        assertThat(doubts.noted).isEmpty();
    }

    @Test
    void aRenewalThatIsRefusedEndsTheOldTokenAndIsADoubt() {
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(CLOUD));
        source.answer = () -> new Reply.Denied<>(401, "no");
        now.set(START.plus(Duration.ofMinutes(46)));
        tokens.atHand(CLOUD);
        await().until(() -> tokens.atHand(CLOUD) == null);
        await().untilAsserted(() -> assertThat(doubts.noted).contains("cluster/7"));
    }

    @Test
    void everyRefusalIsADoubtAndNothingElseIs() {
        for (Reply<Token> refusal : List.of(
                new Reply.Denied<Token>(401, "no"), new Reply.Denied<Token>(403, "no"), new Reply.Missing<Token>())) {
            doubts.noted.clear();
            tokens.drop(CLOUD);
            source.answer = () -> refusal;
            assertThat(tokens.fetch(CLOUD).join()).isInstanceOf(refusal.getClass());
            assertThat(doubts.noted).as(refusal.toString()).containsExactly("cluster/7");
        }
        doubts.noted.clear();
        for (Reply<Token> other : List.of(
                new Reply.Denied<Token>(400, "no"),
                new Reply.Conflict<Token>(),
                new Reply.Unavailable<Token>("down"))) {
            source.answer = () -> other;
            tokens.drop(CLOUD);
            tokens.fetch(CLOUD).join();
            assertThat(doubts.noted).as(other.toString()).isEmpty();
        }
    }

    @Test
    void aDoubtThatCanNotBeRecordedChangesNothingForWhoWaits() {
        doubts.away = true;
        source.answer = () -> new Reply.Denied<>(401, "no");
        assertThat(tokens.fetch(CLOUD).join()).isEqualTo(new Reply.Denied<>(401, "no"));
    }

    @Test
    void neverAreMoreCallsOutThanConfigured() {
        var bounded = cache(Map.of("fetches", "3"));
        keystoneStalls();
        var all = IntStream.range(0, 50)
                .mapToObj(i -> bounded.fetch(delegated("p" + i)))
                .toList();
        await().until(() -> waiting() == 47);
        goOn.countDown();
        all.forEach(TokenCacheTest::held);
        assertThat(source.mostInside).hasValue(3);
        assertThat(source.asked).hasValue(50);
    }

    @Test
    void thoseThatWaitAreServedInTheOrderOfDemand() {
        var one = cache(Map.of("fetches", "1"));
        keystoneStalls();
        var all = new ArrayList<CompletableFuture<Reply<Held>>>();
        var demand = IntStream.range(0, 8).mapToObj(i -> delegated("p" + i)).toList();
        for (var what : demand) {
            all.add(one.fetch(what));
            await().until(() -> source.asked.get() + waiting() == all.size());
        }
        goOn.countDown();
        all.forEach(TokenCacheTest::held);
        assertThat(source.order).containsExactlyElementsOf(demand);
    }

    @Test
    void whatIsDroppedIsFetchedAnew() {
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(CLOUD));
        held(tokens.fetch(delegated("registry")));
        tokens.drop(CLOUD);
        assertThat(tokens.atHand(CLOUD)).isNull();
        assertThat(tokens.atHand(delegated("registry"))).isNotNull();
    }

    @Test
    void whatIsDroppedOnItsWayIsNotKept() {
        keystoneStalls();
        var underway = tokens.fetch(CLOUD);
        await().until(() -> source.asked.get() == 1);
        tokens.drop(CLOUD);
        var anew = tokens.fetch(CLOUD);
        assertThat(anew).isNotSameAs(underway);
        goOn.countDown();
        held(underway);
        assertThat(tokens.atHand(CLOUD)).isIn(null, held(anew));
        assertThat(source.asked).hasValue(2);
    }

    @Test
    void aNewBackendsTokenIsAnother() {
        keystoneGives(Duration.ofHours(1));
        held(tokens.fetch(CLOUD));
        var next = new Delegated(
                "cluster", "cloud-provider", 8, "key", "project", Trusteeship.PER_CLUSTER, "trustee", "trust");
        assertThat(tokens.atHand(next)).isNull();
    }

    @Test
    void whoComesBackForATokenAfterAWhileIsAReasonToAsk() {
        keystoneGives(Duration.ofHours(1));
        var held = held(tokens.fetch(CLOUD));
        assertThat(tokens.isSuspect(held, "192.0.2.1")).isFalse();
        assertThat(tokens.isSuspect(held, "192.0.2.1")).as("within ten seconds").isFalse();
        now.set(START.plusSeconds(11));
        assertThat(tokens.isSuspect(held, "198.51.100.7")).as("another").isFalse();
        assertThat(tokens.isSuspect(held, "192.0.2.1")).isTrue();
        assertThat(tokens.isSuspect(held, "192.0.2.1")).as("asked a moment ago").isFalse();
    }

    @Test
    void howeverManyTokensThereAreKeystoneIsAskedAboutThemAtItsLeisure() {
        keystoneGives(Duration.ofHours(1));
        var all = IntStream.range(0, 10)
                .mapToObj(n -> held(tokens.fetch(delegated("p" + n))))
                .toList();
        all.forEach(held -> tokens.isSuspect(held, "192.0.2.1"));
        now.set(START.plusSeconds(11));
        for (int asked = 1; asked <= 10; asked++) {
            assertThat(all.stream().filter(held -> tokens.isSuspect(held, "192.0.2.1")))
                    .hasSize(1);
            now.set(now.get().plusMillis(200));
        }
        assertThat(all.stream().filter(held -> tokens.isSuspect(held, "192.0.2.1")))
                .as("each was asked about")
                .isEmpty();
    }

    @Test
    void neighboursAreNotTakenForEachOther() {
        keystoneGives(Duration.ofHours(1));
        now.set(START);
        for (int host = 0; host < 250; host++) {
            var held = held(tokens.fetch(delegated("p" + host)));
            now.set(now.get().plusSeconds(11));
            assertThat(tokens.isSuspect(held, "192.0.2." + host)).isFalse();
            assertThat(tokens.isSuspect(held, "192.0.2." + (host + 1))).isFalse();
        }
    }

    @Test
    void aTokenThatKeystoneHasEndedIsForgotten() {
        keystoneGives(Duration.ofHours(1));
        var held = held(tokens.fetch(CLOUD));
        keystone.answer = source.answer.get();
        assertThat(tokens.isAlive(CLOUD, held)).isTrue();
        assertThat(tokens.atHand(CLOUD)).isSameAs(held);
        keystone.answer = new Reply.Unavailable<>("down");
        assertThat(tokens.isAlive(CLOUD, held)).isTrue();
        keystone.answer = new Reply.Missing<>();
        assertThat(tokens.isAlive(CLOUD, held)).isFalse();
        assertThat(tokens.atHand(CLOUD)).isNull();
    }

    @Test
    void aTokenThatTookADeadOnesPlaceStays() {
        keystoneGives(Duration.ofHours(1));
        var dead = held(tokens.fetch(CLOUD));
        var live = held(tokens.fetch(CLOUD));
        keystone.answer = new Reply.Missing<>();
        assertThat(tokens.isAlive(CLOUD, dead)).isFalse();
        assertThat(tokens.atHand(CLOUD)).isSameAs(live);
    }

    @Test
    void whileEveryTurnIsTakenKeystoneIsNotAskedAboutTokens() {
        var one = cache(Map.of("fetches", "1"));
        keystoneGives(Duration.ofHours(1));
        var held = held(one.fetch(CLOUD));
        keystoneStalls();
        var underway = one.fetch(delegated("slow"));
        await().until(() -> source.inside.get() == 1);
        keystone.answer = new Reply.Missing<>();
        assertThat(one.isAlive(CLOUD, held)).isTrue();
        assertThat(keystone.asked).hasValue(0);
        goOn.countDown();
        held(underway);
        await().until(() -> !one.isAlive(CLOUD, held));
    }

    @Test
    void aTokenOfAnotherReplicaIsShownUntilItsEndAndNotKept() {
        var end = START.plus(Duration.ofMinutes(1));
        var received = tokens.received(new Token(Secret.of("token"), end, Duration.ofHours(1), "{}"));
        assertThat(received.isServedAt(end.minusMillis(1))).isTrue();
        assertThat(received.isServedAt(end)).isFalse();
        assertThat(tokens.atHand(CLOUD)).isNull();
    }

    @Test
    void memoryIsBounded() {
        metrics.clear();
        var small = cache(Map.of("kept-tokens", "10"));
        keystoneGives(Duration.ofHours(1));
        for (int i = 0; i < 500; i++) {
            held(small.fetch(delegated("p" + i)));
        }
        await().until(() -> metrics.get("lanyard.door.tokens.kept").gauge().value() <= 10);
    }

    private TokenCache cache(Map<String, String> settings) {
        // The gauges are those of the newest.
        metrics.clear();
        return new TokenCache(keystone, source, doubts, Settings.with(settings), metrics, now::get);
    }

    private int waiting() {
        return (int) metrics.get("lanyard.door.fetches.waiting").gauge().value();
    }

    private void keystoneGives(Duration life) {
        source.answer =
                () -> new Reply.Done<>(new Token(Secret.of("token"), now.get().plus(life), life, "{\"token\":{}}"));
    }

    private void keystoneIsAway() {
        source.answer = () -> new Reply.Unavailable<>("down");
    }

    /** Until {@link #goOn}. */
    private void keystoneStalls() {
        source.answer = () -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            var life = Duration.ofHours(1);
            return new Reply.Done<>(new Token(Secret.of("token"), now.get().plus(life), life, "{\"token\":{}}"));
        };
    }

    private static Held held(CompletableFuture<Reply<Held>> flight) {
        var reply = flight.join();
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<Held>) reply).value();
    }

    private static Delegated delegated(String purpose) {
        return new Delegated("cluster", purpose, 7, "key", "project", Trusteeship.PER_CLUSTER, "trustee", "trust");
    }
}
