package lanyard.tokenissuer.door;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.regex.Pattern;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.Clusters;
import lanyard.tokenissuer.Clusters.Name;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.Delegated;
import lanyard.tokenissuer.Held;
import lanyard.tokenissuer.TokenCache;
import lanyard.tokenissuer.TokenIssuerConfig;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that clusters show to the door: only those that the door gave, or another replica did, and that Keystone still takes.
 *
 * <p>What this replica gave is known from memory. Any other is shown to Keystone, with itself: it tells the trust, and the trust the
 * cluster. No caller can borrow another's sight: a token is looked at with its own rights.
 */
@Singleton
class GivenTokens {
    /** What a token of Keystone's looks like (Fernet, or JWS): anything else is not worth a call. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_=.-]{32,4096}");

    private final Clusters clusters;
    private final TokenCache tokens;
    private final InstantSource clock;
    private final Cache<Secret, Given> given;

    GivenTokens(Clusters clusters, TokenCache tokens, TokenIssuerConfig config, InstantSource clock) {
        this.clusters = clusters;
        this.tokens = tokens;
        this.clock = clock;
        this.given =
                Caffeine.newBuilder().maximumSize(config.door().tokensToKeep()).build();
    }

    /** A token that the door gave. */
    record Given(Held token, Delegated what) {}

    /** What became of a token that was shown. */
    sealed interface Shown {
        record Good(Given given) implements Shown {}

        /** It is none of the door's, or dead. */
        record Bad() implements Shown {}

        /** Nobody can tell at the moment. */
        record Unknown(Hindrance why) implements Shown {}
    }

    void remember(Held token, Delegated what) {
        if (given.getIfPresent(token.id()) == null) {
            given.put(token.id(), new Given(token, what));
        }
    }

    /** Looks at a token that a cluster shows. Blocks. */
    Shown look(Secret token) {
        if (!TOKEN.matcher(token.reveal()).matches()) {
            return new Shown.Bad();
        }
        try {
            var known = given.getIfPresent(token);
            if (known != null && clock.instant().isBefore(known.token().expiresAt())) {
                return stands(known) ? new Shown.Good(known) : new Shown.Bad();
            }
            return switch (tokens.look(token)) {
                case Reply.Done<Token>(var found) -> recognize(found);
                case Reply.Unavailable<Token> _ -> new Shown.Unknown(Hindrance.KEYSTONE_UNAVAILABLE);
                case Reply.Missing<Token> _, Reply.Denied<Token> _, Reply.Conflict<Token> _ -> new Shown.Bad();
            };
        } catch (RuntimeException e) {
            return new Shown.Unknown(Hindrance.DATABASE_UNAVAILABLE);
        }
    }

    private Shown recognize(Token token) {
        var trust = Bodies.trust(token.body());
        var served = trust == null ? null : clusters.findByTrust(trust);
        var what = served == null
                ? null
                : served.delegated().values().stream()
                        .filter(one -> one.trust().equals(trust))
                        .findFirst()
                        .orElse(null);
        if (served == null || what == null || served.behind(what.purpose()) == null) {
            return new Shown.Bad();
        }
        var recognized = new Given(tokens.received(token), what);
        given.put(token.id(), recognized);
        return new Shown.Good(recognized);
    }

    private boolean stands(Given known) {
        var served = clusters.find(new Name.OfCluster(known.what().cluster()));
        return served != null && known.what().equals(served.behind(known.what().purpose()));
    }

    /** Has Keystone revoke a token, and forgets it. */
    Reply<Void> revoke(Given shown) {
        var reply = tokens.revoke(shown.token().id());
        given.invalidate(shown.token().id());
        tokens.drop(shown.what());
        return reply;
    }

    /**
     * The newest credential that a shown token is good for, for the audit; {@code null} if {@code trust} is given and is the id of no
     * credential for the same.
     */
    @Nullable
    Credential credential(Given shown, @Nullable String trust) {
        var served = clusters.find(new Name.OfCluster(shown.what().cluster()));
        if (served == null) {
            return null;
        }
        var named = trust == null ? null : served.credentials().get(trust);
        var newest = served.newest(shown.what().purpose());
        return newest != null
                        && (trust == null || (named != null && named.purpose().equals(newest.purpose())))
                ? newest
                : null;
    }
}
