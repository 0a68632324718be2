package lanyard.tokenissuer;

/**
 * A client credential and what stands behind it in Keystone: ids, and nothing secret.
 *
 * @param id by which the client knows it
 * @param key id of the master key that its secret, and the trustee's password, are derived from
 * @param trustee id of the Keystone user that the tokens are for
 * @param trusteeDomain id of that user's domain
 * @param trust id of the Keystone trust that the tokens are scoped to
 */
public record Credential(
        String id,
        String cluster,
        String purpose,
        int generation,
        String project,
        String key,
        String trustee,
        String trusteeDomain,
        String trust) {}
