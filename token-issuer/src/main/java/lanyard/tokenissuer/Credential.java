package lanyard.tokenissuer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A client credential: ids, and nothing secret.
 *
 * @param id by which the client knows it
 * @param key id of the master key that its secret is derived from
 * @param validUntil when it ends, because a newer generation took its place; {@code null} while none did
 */
public record Credential(
        String id, String cluster, String purpose, int generation, String key, @Nullable Instant validUntil) {
    private static final int ID_BYTES = 16;

    /** A cluster's credential of that generation, as it is when it is new. */
    static Credential of(String cluster, String purpose, int generation, String key) {
        return new Credential(id(cluster, purpose, generation), cluster, purpose, generation, key, null);
    }

    /** The id of a cluster's client credential: 32 hexadecimal digits, as Keystone's own ids are. It tells nothing and is public. */
    static String id(String cluster, String purpose, int generation) {
        try {
            var digest = MessageDigest.getInstance("SHA-256")
                    .digest("lanyard/client/%s/%s/%d"
                            .formatted(cluster, purpose, generation)
                            .getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Whether a newer generation has taken its place for good. */
    public boolean isOver(Instant now) {
        return validUntil != null && !now.isBefore(validUntil);
    }
}
