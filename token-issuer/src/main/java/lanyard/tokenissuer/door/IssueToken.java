package lanyard.tokenissuer.door;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.regex.Pattern;
import lanyard.common.events.TokenIssued;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.tokenissuer.ClientCredentials;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.CredentialStore;
import lanyard.tokenissuer.CredentialStore.Standing;
import lanyard.tokenissuer.TokenCache;
import lanyard.tokenissuer.TokenCache.Obtained;
import lanyard.tokenissuer.TokenIssuerConfig;
import lanyard.tokenissuer.door.AuthRequest.Login;
import org.jboss.logging.Logger;

/**
 * Turns a login into a token of Keystone's.
 *
 * <p>The row is asked twice: before anything is done for the credential, and, in the transaction that records the issue, after the
 * token is at hand. So a token that was fetched while a revocation was committed is not handed out, and none is handed out that
 * the audit does not know. While the database is away nothing is: nobody could say what is revoked.
 */
@ApplicationScoped
class IssueToken {
    private static final Logger LOG = Logger.getLogger(IssueToken.class);
    private static final Pattern CREDENTIAL_ID = Pattern.compile("[0-9a-f]{32}");
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    private final CredentialStore store;
    private final ClientCredentials clientCredentials;
    private final TokenCache tokens;
    private final Outbox outbox;
    private final String domainName;

    IssueToken(
            CredentialStore store,
            ClientCredentials clientCredentials,
            TokenCache tokens,
            Outbox outbox,
            TokenIssuerConfig config) {
        this.store = store;
        this.clientCredentials = clientCredentials;
        this.tokens = tokens;
        this.outbox = outbox;
        this.domainName = config.domain();
    }

    /** Who asks, for the audit: the address that the door sees, and the id that the request was given. */
    record Caller(String address, String request) {}

    /** How a login ends. */
    sealed interface Outcome {
        record Issued(Token token, TokenIssued.Source source) implements Outcome {}

        /** It will fail again. */
        record Refused(Hindrance why) implements Outcome {}

        /** It may work in a moment. */
        record Unavailable(Hindrance why) implements Outcome {}
    }

    /** Blocks while Keystone is asked. */
    Outcome issue(Login login, Caller caller) {
        Optional<Standing> found;
        try {
            found = find(login.credentialId());
        } catch (RuntimeException e) {
            return databaseAway(e);
        }
        var credential = found.map(Standing::credential).orElse(null);
        if (credential != null && !clientCredentials.canDerive(credential)) {
            if (found.get().revoked()) {
                return revoked(credential);
            }
            LOG.errorf(
                    "cluster %s can't be served: the key ring has no key '%s'", credential.cluster(), credential.key());
            return new Outcome.Unavailable(Hindrance.KEY_MISSING);
        }
        // Before anything is decided, so that every refusal has taken the same time.
        var genuine = clientCredentials.isGenuine(credential, login.secret());
        if (credential == null) {
            return new Outcome.Refused(Hindrance.UNKNOWN_CREDENTIAL);
        }
        if (!genuine) {
            return new Outcome.Refused(Hindrance.WRONG_SECRET);
        }
        if (!login.agreesWith(credential, domainName)) {
            return new Outcome.Refused(Hindrance.WRONG_USER);
        }
        return found.get().revoked() ? revoked(credential) : fetch(credential, caller);
    }

    private Optional<Standing> find(String id) {
        return CREDENTIAL_ID.matcher(id).matches() ? Optional.ofNullable(store.find(id)) : Optional.empty();
    }

    private Outcome fetch(Credential credential, Caller caller) {
        return switch (tokens.get(credential)) {
            case Reply.Done<Obtained>(var obtained) -> handOut(credential, obtained, caller);
            case Reply.Missing<Obtained>() -> keystoneRefuses(credential, NOT_FOUND);
            case Reply.Denied<Obtained>(int status, var why)
            when status == UNAUTHORIZED || status == FORBIDDEN || status == NOT_FOUND ->
                keystoneRefuses(credential, status);
            case Reply.Denied<Obtained>(int status, var why) -> keystoneAway(why);
            case Reply.Conflict<Obtained>() -> keystoneAway("409");
            case Reply.Unavailable<Obtained>(var why) -> keystoneAway(why);
        };
    }

    private Outcome handOut(Credential credential, Obtained obtained, Caller caller) {
        var event = new TokenIssued(
                credential.cluster(),
                credential.purpose(),
                credential.id(),
                obtained.source(),
                obtained.token().expiresAt(),
                caller.address(),
                caller.request());
        try {
            // An audit event has no order to keep, so the row is not locked for it: logins do not wait for each other.
            if (store.commitWhileServed(credential, session -> outbox.append(session, event))) {
                return new Outcome.Issued(obtained.token(), obtained.source());
            }
            var now = store.find(credential.id());
            return now != null && !now.revoked()
                    ? new Outcome.Unavailable(Hindrance.CHANGED_MEANWHILE)
                    : revoked(credential);
        } catch (RuntimeException e) {
            return databaseAway(e);
        }
    }

    private Outcome revoked(Credential credential) {
        // Another replica may have heard of it and dropped only its own.
        tokens.drop(credential);
        return new Outcome.Refused(Hindrance.REVOKED);
    }

    private static Outcome keystoneRefuses(Credential credential, int status) {
        LOG.warnf(
                "Keystone gives no token for cluster %s, purpose %s (%d): somebody changed its trust, trustee or custodian",
                credential.cluster(), credential.purpose(), status);
        return new Outcome.Refused(Hindrance.KEYSTONE_REFUSES);
    }

    private static Outcome keystoneAway(String why) {
        LOG.warnf("no token to be had from Keystone: %s", why);
        return new Outcome.Unavailable(Hindrance.KEYSTONE_UNAVAILABLE);
    }

    private static Outcome databaseAway(RuntimeException e) {
        LOG.warnf("no token is handed out while the database can't say what is revoked: %s", e.getMessage());
        return new Outcome.Unavailable(Hindrance.DATABASE_UNAVAILABLE);
    }
}
