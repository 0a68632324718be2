package lanyard.tokenissuer;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;

/**
 * Keystone's tokens for the credentials, in memory only. However many ask for one credential's token at once, Keystone is asked
 * once; a failure is told to all who waited for it, and to nobody after them.
 *
 * <p>Whether a credential may still be served is not known here: whoever hands a token out asks the row, afterwards.
 */
@ApplicationScoped
public class TokenCache {
    /** The provisioner's: the trustee's password is of this generation, whatever the credential's. */
    private static final int TRUSTEE_GENERATION = 1;

    private final KeystoneTokens keystone;
    private final KeyRing keys;
    private final Duration floor;
    private final InstantSource clock;
    private final AsyncCache<Credential, Answer> tokens;

    TokenCache(KeystoneTokens keystone, KeyRing keys, TokenIssuerConfig config, InstantSource clock) {
        this.keystone = keystone;
        this.keys = keys;
        this.floor = config.door().remainingLifetime();
        this.clock = clock;
        this.tokens = Caffeine.newBuilder()
                .maximumSize(config.door().keptTokens())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .buildAsync();
    }

    /** A token, and whether it was at hand. */
    public record Obtained(Token token, Source source) {}

    /** What Keystone answered, and until when it is given again; a time that is past if it is not. */
    private record Answer(Reply<Token> reply, Instant until) {}

    /** A token for the credential, from memory or from Keystone. The key ring must have the credential's key. Blocks. */
    public Reply<Obtained> get(Credential credential) {
        while (true) {
            var asked = new AtomicBoolean();
            var future = tokens.get(credential, (key, executor) -> {
                asked.set(true);
                return CompletableFuture.supplyAsync(() -> ask(key), executor);
            });
            var waited = asked.get() || !future.isDone();
            var answer = future.join();
            if (waited || clock.instant().isBefore(answer.until())) {
                return answer.reply().map(token -> new Obtained(token, asked.get() ? Source.KEYSTONE : Source.CACHE));
            }
            // It is over. Whoever removes it, one asks anew.
            tokens.asMap().remove(credential, future);
        }
    }

    /** Forgets the tokens of a cluster, also those that Keystone is being asked for. */
    public void drop(String cluster) {
        tokens.asMap().keySet().removeIf(credential -> credential.cluster().equals(cluster));
    }

    /** Forgets the token of a credential, also one that Keystone is being asked for. */
    public void drop(Credential credential) {
        tokens.synchronous().invalidate(credential);
    }

    /** For how many credentials a token is kept, about. */
    long size() {
        return tokens.synchronous().estimatedSize();
    }

    private Answer ask(Credential credential) {
        var password = keys.derive(credential.key(), Purpose.TRUSTEE, credential.cluster(), TRUSTEE_GENERATION);
        var reply = keystone.issue(credential.trustee(), password, credential.trust());
        return new Answer(reply, keptUntil(reply));
    }

    /** Until when an answer is given again: a token until only its floor of remaining life is left, a failure not at all. */
    private Instant keptUntil(Reply<Token> reply) {
        var now = clock.instant();
        if (!(reply instanceof Reply.Done<Token>(var token))) {
            return now;
        }
        var half = Duration.between(now, token.expiresAt()).dividedBy(2);
        return token.expiresAt().minus(floor.compareTo(half) < 0 ? floor : half);
    }
}
