package lanyard.tokenissuer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.common.tracing.Tracing;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keystone's tokens for what it delegates, in memory only.
 *
 * <p>However many ask for one token at once, Keystone is asked once. A token is renewed ahead of its end, at a time that chance
 * chooses, while the old one is handed out. All together never have more than the configured number of calls out at Keystone; those
 * that wait are served in the order in which they came.
 *
 * <p>Whether a cluster may still be served is not known here: whoever hands a token out asks for that afterwards.
 */
@Singleton
public class TokenCache {
    private static final Logger LOG = Logger.getLogger(TokenCache.class);

    /** A token is asked about no oftener than this. */
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(10);

    /** Keystone is asked about any token so often at most: however many clusters log in anew all the time, it hardly notices. */
    private static final Duration BETWEEN_ANY_CHECKS = Duration.ofMillis(200);

    /** After a failed renewal the old token is handed out for so long before the next try. */
    private static final Duration AFTER_FAILED_RENEWAL = Duration.ofSeconds(10);

    /** After a refusal Keystone is left alone for so long: each login by password costs it a bcrypt, and what is made anew is another. */
    private static final Duration AFTER_REFUSAL = Duration.ofSeconds(5);

    private final KeystoneTokens keystone;
    private final TokenSource source;
    private final ClusterStore store;
    private final InstantSource clock;
    private final Duration floor;
    private final Duration patience;
    private final Semaphore turns;
    private final AtomicReference<Instant> checksFrom = new AtomicReference<>(Instant.EPOCH);
    private final Executor executor;
    private final LongBinaryOperator between;
    private final Cache<Delegated, Slot> slots;

    @Inject
    TokenCache(
            KeystoneTokens keystone,
            TokenSource source,
            ClusterStore store,
            TokenIssuerConfig config,
            MeterRegistry metrics,
            InstantSource clock) {
        this(
                keystone,
                source,
                store,
                config,
                metrics,
                clock,
                Executors.newVirtualThreadPerTaskExecutor(),
                (least, end) -> ThreadLocalRandom.current().nextLong(least, end));
    }

    /**
     * @param executor asks Keystone
     * @param between a chosen number from the first (inclusive) to the second (exclusive)
     */
    TokenCache(
            KeystoneTokens keystone,
            TokenSource source,
            ClusterStore store,
            TokenIssuerConfig config,
            MeterRegistry metrics,
            InstantSource clock,
            Executor executor,
            LongBinaryOperator between) {
        this.keystone = keystone;
        this.source = source;
        this.store = store;
        this.clock = clock;
        this.executor = executor;
        this.between = between;
        this.floor = config.door().remainingLifetime();
        // So that there is time left to fetch another one.
        this.patience = config.door().patience().dividedBy(2);
        this.turns = new Semaphore(config.door().fetches(), true);
        this.slots =
                Caffeine.newBuilder().maximumSize(config.door().tokensToKeep()).build();
        metrics.gauge("lanyard.door.tokens.kept", slots, Cache::estimatedSize);
        metrics.gauge("lanyard.door.fetches.waiting", turns, Semaphore::getQueueLength);
    }

    /** The place of one token. */
    private static final class Slot {
        volatile @Nullable Held held;
        volatile @Nullable Refusal refusal;
        volatile Instant renewFrom = Instant.MAX;
        final AtomicReference<@Nullable CompletableFuture<Reply<Held>>> flight = new AtomicReference<>();
    }

    private record Refusal(Reply<Held> reply, Instant until) {}

    /** The token, if it is at hand; one that is due is renewed meanwhile. Never blocks. */
    public @Nullable Held atHand(Delegated what) {
        var slot = slots.getIfPresent(what);
        var held = slot == null ? null : slot.held;
        var now = clock.instant();
        if (slot == null || held == null || !held.isServedAt(now)) {
            return null;
        }
        if (!now.isBefore(slot.renewFrom)) {
            slot.renewFrom = now.plus(AFTER_FAILED_RENEWAL);
            fetch(what, slot);
        }
        return held;
    }

    /**
     * Asks Keystone for the token, once for all who ask at the same time. A refusal holds for some seconds; any other failure is told to
     * those who wait, and kept for nobody.
     */
    public CompletableFuture<Reply<Held>> fetch(Delegated what) {
        return fetch(what, slots.get(what, key -> new Slot()));
    }

    private CompletableFuture<Reply<Held>> fetch(Delegated what, Slot slot) {
        var refusal = slot.refusal;
        if (refusal != null && clock.instant().isBefore(refusal.until())) {
            return CompletableFuture.completedFuture(refusal.reply());
        }
        var mine = new CompletableFuture<Reply<Held>>();
        var running = slot.flight.compareAndExchange(null, mine);
        if (running != null) {
            return running;
        }
        executor.execute(Tracing.inThisWalk(() -> {
            try {
                var reply = inTurn(what, slot);
                slot.flight.set(null);
                mine.complete(reply);
            } catch (RuntimeException | InterruptedException | Error e) {
                // Whatever it is: who waits is told, and the next one tries again.
                slot.flight.set(null);
                mine.completeExceptionally(e);
            }
        }));
        return mine;
    }

    private Reply<Held> inTurn(Delegated what, Slot slot) throws InterruptedException {
        turns.acquire();
        try {
            var askedAt = clock.instant();
            var reply = source.ask(what).map(token -> held(token, askedAt));
            if (reply instanceof Reply.Done<Held>(var held)) {
                slot.renewFrom = renewFrom(askedAt, held.until());
                slot.held = held;
            } else if (isRefusal(reply)) {
                slot.held = null;
                slot.refusal = new Refusal(reply, clock.instant().plus(AFTER_REFUSAL));
                doubt(what);
            }
            return reply;
        } finally {
            turns.release();
        }
    }

    private Held held(Token token, Instant askedAt) {
        var half = token.lifetime().dividedBy(2);
        var life = token.lifetime().minus(floor.compareTo(half) < 0 ? floor : half);
        return new Held(token.id(), token.expiresAt(), source.body(token), askedAt, askedAt.plus(life));
    }

    /** A token that another replica fetched, and a client showed. It is not kept here. */
    public Held received(Token token) {
        return new Held(token.id(), token.expiresAt(), source.body(token), clock.instant(), token.expiresAt());
    }

    /** Between half and nine tenths of the time for which a token is handed out, so that those fetched together part. */
    private Instant renewFrom(Instant askedAt, Instant until) {
        var served = Duration.between(askedAt, until).toMillis();
        return askedAt.plusMillis(served <= 0 ? 0 : between.applyAsLong(served / 2, served * 9 / 10 + 1));
    }

    private void doubt(Delegated what) {
        try {
            store.doubt(what.cluster(), what.generation());
        } catch (RuntimeException e) {
            LOG.warnf(
                    "it can't be recorded that Keystone refuses cluster %s; the next login will find it again: %s",
                    what.cluster(), e.getMessage());
        }
    }

    /**
     * Whether the address was given this token before and it is time to ask Keystone about it. To be followed by
     * {@link #isAlive}.
     */
    public boolean isSuspect(Held held, String address) {
        var now = clock.instant();
        var from = checksFrom.get();
        return held.isGivenAgainTo(address)
                && !now.isBefore(from)
                && held.isToBeChecked(now.minus(BETWEEN_CHECKS), now)
                && checksFrom.compareAndSet(from, now.plus(BETWEEN_ANY_CHECKS));
    }

    /**
     * Asks Keystone whether it still takes a token, and forgets it if not. While Keystone is busy or away it is not asked, and one that
     * takes long is not waited for: until it says so, the token is not dead. Blocks, for half of a client's patience.
     */
    public boolean isAlive(Delegated what, Held held) {
        if (source.isResting() || !turns.tryAcquire()) {
            return true;
        }
        var answer = CompletableFuture.supplyAsync(() -> isTaken(what, held), executor);
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } catch (ExecutionException e) {
            throw new IllegalStateException("Keystone could not be asked about a token", e.getCause());
        }
    }

    /** What Keystone says of a token that somebody shows, asked in turn with all else. Blocks, for half of a client's patience. */
    public Reply<Token> look(Secret token) {
        return inTurn(() -> keystone.validate(token));
    }

    /** Has Keystone revoke a token, in turn with all else. Blocks, as {@link #look} does. */
    public Reply<Void> revoke(Secret token) {
        return inTurn(() -> keystone.revoke(token));
    }

    private <T> Reply<T> inTurn(Supplier<Reply<T>> call) {
        try {
            if (source.isResting() || !turns.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Reply.Unavailable<>("Keystone is not asked at the moment");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply.Unavailable<>("the wait for Keystone was interrupted");
        }
        try {
            return call.get();
        } finally {
            turns.release();
        }
    }

    private boolean isTaken(Delegated what, Held held) {
        try {
            var dead = isRefusal(keystone.validate(held.id()));
            if (dead) {
                LOG.infof("Keystone has ended the token of cluster %s, purpose %s", what.cluster(), what.purpose());
                slots.asMap().computeIfPresent(what, (key, slot) -> held.equals(slot.held) ? null : slot);
            }
            return !dead;
        } finally {
            turns.release();
        }
    }

    /** Whether Keystone understood and gives nothing: the trust, the trustee, or what they stand on is not what it was. */
    public static boolean isRefusal(Reply<?> reply) {
        return switch (reply) {
            case Reply.Missing<?>() -> true;
            case Reply.Denied<?>(int status, var _) -> status == 401 || status == 403 || status == 404;
            case Reply.Done<?> _, Reply.Conflict<?> _, Reply.Unavailable<?> _ -> false;
        };
    }

    /** Forgets the tokens of a cluster, also those that Keystone is being asked for. */
    void drop(String cluster) {
        slots.asMap().keySet().removeIf(what -> what.cluster().equals(cluster));
    }

    /** Forgets a token, also one that Keystone is being asked for. */
    public void drop(Delegated what) {
        slots.invalidate(what);
    }
}
