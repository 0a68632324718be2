package lanyard.common.keystone;

import java.time.Duration;
import java.time.Instant;
import lanyard.common.secrets.Secret;

/**
 * What the door asks of Keystone: tokens. It needs no administrator.
 *
 * <p>Every call blocks (call it from a virtual thread) and is bounded in time and in number in flight.
 */
public interface KeystoneTokens {
    /**
     * A token scoped to a trust, for its trustee, by password. The reply's body is Keystone's own, byte for byte, with the catalog.
     * A trust that is gone or a wrong password is {@link Reply.Denied} with status 401.
     */
    Reply<Token> issue(String trusteeId, Secret password, String trustId);

    /**
     * A token scoped to a trust whose trustee is that service user: exchanged for the user's own token, which is obtained by password
     * once in a while for all trusts. So it costs Keystone no bcrypt. The exchanged token inherits the end of the user's own, which is
     * therefore renewed when an eighth of its life is over.
     */
    Reply<Token> issue(ServiceUser trustee, String trustId);

    /** A new token without scope, by password: whether the user can log in. */
    Reply<Token> logIn(ServiceUser user);

    /**
     * What Keystone says of a token, asked with the token itself, which its policy allows to every token
     * ({@code identity:validate_token}, {@code rule:token_subject}). A dead token is {@link Reply.Missing} or {@link Reply.Denied}
     * with status 401 or 403.
     */
    Reply<Token> validate(Secret token);

    /** Revokes a token, with the token itself. A dead token is as with {@link #validate}. */
    Reply<Void> revoke(Secret token);

    /** Whether Keystone answers its version document, without authentication: for health. */
    Reply<Void> ping();

    /**
     * A token of Keystone's.
     *
     * @param id what goes into {@code X-Auth-Token}: whoever has it may act
     * @param expiresAt its end by Keystone's clock
     * @param lifetime the time between its issue and its end, by Keystone's clock alone
     * @param body the JSON that Keystone answered, which holds no secret
     */
    record Token(Secret id, Instant expiresAt, Duration lifetime, String body) {}

    /** A user of Lanyard's own, in the domain of that name, that is able to log in with this password. */
    record ServiceUser(String name, String domainName, Secret password) {}
}
