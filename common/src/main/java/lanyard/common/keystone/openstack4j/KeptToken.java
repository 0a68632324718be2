package lanyard.common.keystone.openstack4j;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Issued;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A token that is kept for as long as it lasts.
 *
 * <p>It is obtained once for all who wait, who share the outcome, a failure too. It is renewed ahead of its end, and while that goes
 * on or fails, the old one serves on till its own end.
 */
final class KeptToken {
    /** How long before its end a token is usually renewed: a tenth of its lifetime, but no more than this. */
    private static final Duration LONGEST_FLOOR = Duration.ofMinutes(2);

    /** Of a token's lifetime, how much is left when it is renewed. */
    private final UnaryOperator<Duration> floor;

    private final Supplier<Reply<Issued>> source;
    private final InstantSource clock;
    private final AtomicReference<@Nullable Kept> kept = new AtomicReference<>();
    private final AtomicReference<@Nullable CompletableFuture<Reply<Secret>>> renewal = new AtomicReference<>();

    /** @param source where a token comes from; it must end in bounded time */
    KeptToken(Supplier<Reply<Issued>> source, InstantSource clock) {
        this(source, clock, KeptToken::usualFloor);
    }

    private KeptToken(Supplier<Reply<Issued>> source, InstantSource clock, UnaryOperator<Duration> floor) {
        this.source = source;
        this.clock = clock;
        this.floor = floor;
    }

    /** A token that is renewed when an eighth of its life is over: those that it is exchanged for inherit its end. */
    static KeptToken forExchange(Supplier<Reply<Issued>> source, InstantSource clock) {
        return new KeptToken(source, clock, lifetime -> lifetime.minus(lifetime.dividedBy(8)));
    }

    private static Duration usualFloor(Duration lifetime) {
        var tenth = lifetime.dividedBy(10);
        return tenth.compareTo(LONGEST_FLOOR) < 0 ? tenth : LONGEST_FLOOR;
    }

    /** Times are this process's own, counted from when the token was asked for: the clocks need not agree. */
    private record Kept(Secret token, Instant renewFrom, Instant end) {}

    /** The token, new if need be. */
    Reply<Secret> get() {
        var current = kept.get();
        if (current != null && clock.instant().isBefore(current.renewFrom())) {
            return new Reply.Done<>(current.token());
        }
        var mine = new CompletableFuture<Reply<Secret>>();
        var running = renewal.compareAndExchange(null, mine);
        if (running == null) {
            return renew(current, mine);
        }
        return current != null && lasts(current) ? new Reply.Done<>(current.token()) : running.join();
    }

    /** The token, without asking for one. */
    @Nullable
    Secret peek() {
        var current = kept.get();
        return current != null && lasts(current) ? current.token() : null;
    }

    /** Keystone refused this token: the next one to ask gets another. */
    void drop(Secret refused) {
        kept.updateAndGet(current -> current != null && current.token().equals(refused) ? null : current);
    }

    private Reply<Secret> renew(@Nullable Kept current, CompletableFuture<Reply<Secret>> mine) {
        try {
            var latest = kept.get();
            if (latest != null && !latest.equals(current)) {
                // Someone else's renewal ended between the look at the token and this one's start.
                return end(mine, new Reply.Done<>(latest.token()));
            }
            var askedAt = clock.instant();
            return end(
                    mine,
                    switch (source.get()) {
                        case Reply.Done<Issued>(var issued) -> {
                            var end = askedAt.plus(issued.lifetime());
                            kept.set(new Kept(issued.token(), end.minus(floor.apply(issued.lifetime())), end));
                            yield new Reply.Done<>(issued.token());
                        }
                        case Reply<Issued> failed -> {
                            var last = peek();
                            yield last == null ? failed.map(Issued::token) : new Reply.Done<>(last);
                        }
                    });
        } catch (RuntimeException e) {
            renewal.set(null);
            mine.completeExceptionally(e);
            throw e;
        }
    }

    private Reply<Secret> end(CompletableFuture<Reply<Secret>> mine, Reply<Secret> outcome) {
        renewal.set(null);
        mine.complete(outcome);
        return outcome;
    }

    private boolean lasts(Kept token) {
        return clock.instant().isBefore(token.end());
    }
}
