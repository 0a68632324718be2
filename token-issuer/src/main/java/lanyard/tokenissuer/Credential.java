package lanyard.tokenissuer;

import java.time.Instant;
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
    /** A cluster's credential of that generation, as it is when it is new. */
    static Credential of(String cluster, String purpose, int generation, String key) {
        return new Credential(
                ClientCredentials.id(cluster, purpose, generation), cluster, purpose, generation, key, null);
    }

    /** Whether a newer generation has taken its place for good. */
    public boolean isOver(Instant now) {
        return validUntil != null && !now.isBefore(validUntil);
    }
}
