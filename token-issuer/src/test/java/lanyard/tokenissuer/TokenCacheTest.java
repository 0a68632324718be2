package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.TokenCache.Obtained;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TokenCacheTest {
    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Duration FLOOR = Duration.ofMinutes(10);

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final KeyRing keys = KeyRing.of(Map.of("key", new byte[32]), "key");
    private final Keystone keystone = new Keystone();
    private final TokenCache tokens = new TokenCache(keystone, keys, new Settings(FLOOR, 1000), now::get);

    /** Answers as it is told to, and counts. */
    private static final class Keystone implements KeystoneTokens {
        final AtomicInteger asked = new AtomicInteger();
        volatile Supplier<Reply<Token>> answer = () -> new Reply.Unavailable<>("not told what to answer");
        volatile Secret lastPassword = Secret.of("");

        @Override
        public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
            asked.incrementAndGet();
            lastPassword = password;
            return answer.get();
        }

        @Override
        public Reply<Void> ping() {
            return Reply.done();
        }
    }

    private record Settings(Duration remainingLifetime, long keptTokens)
            implements TokenIssuerConfig, TokenIssuerConfig.DoorConfig {
        @Override
        public String domain() {
            return "lanyard";
        }

        @Override
        public KeyRingConfig keyRing() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path recipients() {
            throw new UnsupportedOperationException();
        }

        @Override
        public DoorConfig door() {
            return this;
        }

        @Override
        public String url() {
            return "https://door.example/v3";
        }

        @Override
        public Duration retryAfter() {
            return Duration.ofSeconds(5);
        }
    }

    @Test
    void aHundredWhoAskAtOnceCostOneCall() throws Exception {
        var asked = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        keystone.answer = () -> {
            asked.countDown();
            await(goOn);
            return token(Duration.ofHours(1));
        };
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var replies = new ArrayList<CompletableFuture<Reply<Obtained>>>();
            for (int i = 0; i < 100; i++) {
                replies.add(CompletableFuture.supplyAsync(() -> tokens.get(credential("a")), callers));
            }
            asked.await();
            goOn.countDown();
            var sources = replies.stream()
                    .map(reply -> obtained(reply.join()).source())
                    .toList();
            assertThat(sources).containsOnlyOnce(Source.KEYSTONE).hasSize(100);
        }
        assertThat(keystone.asked).hasValue(1);
    }

    @Test
    void credentialsDoNotWaitForEachOther() {
        var goOn = new CountDownLatch(1);
        keystone.answer = () -> {
            await(goOn);
            return token(Duration.ofHours(1));
        };
        var slow = CompletableFuture.supplyAsync(() -> tokens.get(credential("slow")));
        org.awaitility.Awaitility.await().until(() -> keystone.asked.get() == 1);
        keystone.answer = () -> token(Duration.ofHours(1));
        assertThat(obtained(tokens.get(credential("fast"))).source()).isEqualTo(Source.KEYSTONE);
        goOn.countDown();
        assertThat(obtained(slow.join()).source()).isEqualTo(Source.KEYSTONE);
    }

    @Test
    void keystoneIsAskedAsTheTrustee() {
        keystone.answer = () -> token(Duration.ofHours(1));
        tokens.get(credential("a"));
        assertThat(keystone.lastPassword).isEqualTo(keys.derive("key", Purpose.TRUSTEE, "cluster", 1));
    }

    @Test
    void aTokenIsGivenAgainUntilOnlyTheFloorIsLeft() {
        keystone.answer = () -> token(Duration.ofHours(1));
        tokens.get(credential("a"));
        now.set(START.plus(Duration.ofMinutes(50)).minusMillis(1));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.CACHE);
        now.set(START.plus(Duration.ofMinutes(50)));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
    }

    @Test
    void ofAShortLivedTokenHalfIsTheFloor() {
        keystone.answer = () -> token(Duration.ofMinutes(8));
        tokens.get(credential("a"));
        now.set(START.plus(Duration.ofMinutes(4)).minusMillis(1));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.CACHE);
        now.set(START.plus(Duration.ofMinutes(4)));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
    }

    @Test
    void aTokenThatIsOverWhenItComesIsNotKept() {
        keystone.answer = () -> token(Duration.ofMinutes(-1));
        tokens.get(credential("a"));
        tokens.get(credential("a"));
        assertThat(keystone.asked).hasValue(2);
    }

    @Test
    void aFailureIsNotKept() {
        keystone.answer = () -> new Reply.Unavailable<>("down");
        assertThat(tokens.get(credential("a"))).isEqualTo(new Reply.Unavailable<>("down"));
        keystone.answer = () -> new Reply.Denied<>(401, "no");
        assertThat(tokens.get(credential("a"))).isEqualTo(new Reply.Denied<>(401, "no"));
        keystone.answer = () -> token(Duration.ofHours(1));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
    }

    @Test
    void whatIsDroppedIsFetchedAnew() {
        keystone.answer = () -> token(Duration.ofHours(1));
        tokens.get(credential("a"));
        tokens.drop("cluster");
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
        tokens.drop(credential("a"));
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
        tokens.drop("another");
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.CACHE);
    }

    @Test
    void whatIsDroppedOnItsWayIsNotKept() {
        var goOn = new CountDownLatch(1);
        keystone.answer = () -> {
            await(goOn);
            return token(Duration.ofHours(1));
        };
        var underway = CompletableFuture.supplyAsync(() -> tokens.get(credential("a")));
        org.awaitility.Awaitility.await().until(() -> keystone.asked.get() == 1);
        tokens.drop("cluster");
        goOn.countDown();
        underway.join();
        assertThat(obtained(tokens.get(credential("a"))).source()).isEqualTo(Source.KEYSTONE);
    }

    @Test
    void memoryIsBounded() {
        var small = new TokenCache(keystone, keys, new Settings(FLOOR, 10), now::get);
        keystone.answer = () -> token(Duration.ofHours(1));
        for (int i = 0; i < 500; i++) {
            small.get(credential("c" + i));
        }
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(small.size()).isLessThanOrEqualTo(10));
    }

    private Reply<KeystoneTokens.Token> token(Duration life) {
        return new Reply.Done<>(
                new KeystoneTokens.Token(Secret.of("token"), now.get().plus(life), "{\"token\":{}}"));
    }

    private static Obtained obtained(Reply<Obtained> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<Obtained>) reply).value();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Credential credential(String id) {
        return new Credential(id, "cluster", "cloud-provider", 1, "project", "key", "trustee", "domain", "trust");
    }
}
