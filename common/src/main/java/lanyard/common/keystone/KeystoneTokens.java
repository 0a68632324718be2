package lanyard.common.keystone;

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

    /** Whether Keystone answers its version document, without authentication: for health. */
    Reply<Void> ping();

    /**
     * A token of Keystone's.
     *
     * @param id what goes into {@code X-Auth-Token}: whoever has it may act
     * @param body the JSON that Keystone answered, which holds no secret
     */
    record Token(Secret id, Instant expiresAt, String body) {}
}
