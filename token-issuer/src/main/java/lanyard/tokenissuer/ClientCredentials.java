package lanyard.tokenissuer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster's clients hold: an id and a secret that the door alone understands. Both are derived, so a retry finds the same,
 * and neither a row nor Keystone knows the secret.
 */
@ApplicationScoped
public class ClientCredentials {
    private static final int ID_BYTES = 16;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOBODY = "0".repeat(2 * ID_BYTES);

    private final KeyRing keys;
    private final DoorUrl door;

    ClientCredentials(KeyRing keys, DoorUrl door) {
        this.keys = keys;
        this.door = door;
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

    /** Whether the key ring still has what this credential is derived from. */
    public boolean canDerive(Credential credential) {
        return keys.has(credential.key());
    }

    /**
     * Whether {@code presented} is the credential's secret. Takes the same time whether it is or not, and whether there is such a
     * credential or not: what there is not is derived and compared as well.
     */
    public boolean isGenuine(@Nullable Credential credential, Secret presented) {
        var expected = credential == null ? keys.derive(keys.current(), Purpose.CLIENT, NOBODY, 1) : secret(credential);
        return expected.equals(presented) & credential != null;
    }

    private Secret secret(Credential credential) {
        return keys.derive(credential.key(), Purpose.CLIENT, credential.id(), credential.generation());
    }

    /**
     * All that an unmodified OpenStack client of the cluster needs to log in at the door, as the JSON that is sealed. A client
     * without application credentials logs in by password: user and trust are then the credential's own id, so neither changes
     * when what lies behind it in Keystone does.
     */
    Secret content(Credential credential) {
        var content = JSON.createObjectNode()
                .put("cluster", credential.cluster())
                .put("project", credential.project())
                .put("purpose", credential.purpose())
                .put("generation", credential.generation())
                .put("auth_url", door.v3())
                .put("application_credential_id", credential.id())
                .put("application_credential_secret", secret(credential).reveal())
                .put("user_id", credential.id())
                .put("username", credential.cluster())
                .put("user_domain_id", credential.trusteeDomain())
                .put("trust_id", credential.id());
        try {
            return Secret.of(JSON.writeValueAsString(content));
        } catch (JsonProcessingException e) {
            // Without the cause: it may quote the content.
            throw new IllegalStateException("a client credential can't be written");
        }
    }
}
