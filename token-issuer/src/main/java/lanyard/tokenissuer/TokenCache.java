package lanyard.tokenissuer;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
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
    private final AsyncCache<Credential, Reply<Token>> tokens;

    TokenCache(KeystoneTokens keystone, KeyRing keys, TokenIssuerConfig config, InstantSource clock) {
        this.keystone = keystone;
        this.keys = keys;
        this.floor = config.door().remainingLifetime();
        this.clock = clock;
        this.tokens = Caffeine.newBuilder()
                .maximumSize(config.door().keptTokens())
                .expireAfter(Expiry.<Credential, Reply<Token>>creating((credential, reply) -> keptFor(reply)))
                .ticker(() -> ChronoUnit.NANOS.between(Instant.EPOCH, clock.instant()))
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .buildAsync();
    }

    /** A token, and whether it was at hand. */
    public record Obtained(Token token, Source source) {}

    /** A token for the credential, from memory or from Keystone. The key ring must have the credential's key. Blocks. */
    public Reply<Obtained> get(Credential credential) {
        var asked = new AtomicBoolean();
        var reply = tokens.get(credential, (key, executor) -> {
                    asked.set(true);
                    return CompletableFuture.supplyAsync(() -> ask(key), executor);
                })
                .join();
        return reply.map(token -> new Obtained(token, asked.get() ? Source.KEYSTONE : Source.CACHE));
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

    private Reply<Token> ask(Credential credential) {
        var password = keys.derive(credential.key(), Purpose.TRUSTEE, credential.cluster(), TRUSTEE_GENERATION);
        return keystone.issue(credential.trustee(), password, credential.trust());
    }

    /** How long an answer is given again: a token until only its floor of remaining life is left, a failure not at all. */
    private Duration keptFor(Reply<Token> reply) {
        if (!(reply instanceof Reply.Done<Token>(var token))) {
            return Duration.ZERO;
        }
        var life = Duration.between(clock.instant(), token.expiresAt());
        var half = life.dividedBy(2);
        var kept = life.minus(floor.compareTo(half) < 0 ? floor : half);
        return kept.isNegative() ? Duration.ZERO : kept;
    }
}
