package lanyard.tokenissuer;

import lanyard.common.events.Trusteeship;
import org.jspecify.annotations.Nullable;

/**
 * What Keystone delegates to a cluster for one purpose, which is what its tokens are fetched with: ids, and nothing secret.
 *
 * @param generation of the backend that it is part of
 * @param key id of the master key that the trustee's password is derived from
 * @param trustee id of the cluster's own user; {@code null} where the trust is to the issuer's
 */
public record Delegated(
        String cluster,
        String purpose,
        int generation,
        String key,
        String project,
        Trusteeship trusteeship,
        @Nullable String trustee,
        String trust) {}
