package lanyard.tokenissuer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Singleton;
import java.util.Collection;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster's clients hold: an id and a secret that the door alone understands. Both are derived, so a retry finds the same,
 * and neither a row nor Keystone knows the secret.
 */
@Singleton
public class ClientCredentials {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOBODY = "0".repeat(32);

    private final KeyRing keys;
    private final DoorUrl door;
    private final String domainName;

    ClientCredentials(KeyRing keys, DoorUrl door, TokenIssuerConfig config) {
        this.keys = keys;
        this.door = door;
        this.domainName = config.domain();
    }

    /** Whether the key ring still has what these credentials are derived from. */
    public boolean canDerive(Collection<Credential> credentials) {
        return credentials.stream().allMatch(credential -> keys.has(credential.key()));
    }

    /**
     * The one of these credentials whose secret is {@code presented}; {@code null} if none is, as far as they can be derived. Where
     * there is none to compare with, one is derived all the same, which is what takes the time.
     */
    public @Nullable Credential genuine(Collection<Credential> candidates, Secret presented) {
        Credential genuine = null;
        if (candidates.isEmpty()) {
            keys.derive(keys.current(), Purpose.CLIENT, NOBODY, 1);
        }
        for (var candidate : candidates) {
            if (keys.has(candidate.key()) && secret(candidate).equals(presented)) {
                genuine = candidate;
            }
        }
        return genuine;
    }

    private Secret secret(Credential credential) {
        return keys.derive(credential.key(), Purpose.CLIENT, credential.id(), credential.generation());
    }

    /**
     * All that an unmodified OpenStack client of the cluster needs to log in at the door, as the JSON that is sealed. A client
     * without application credentials logs in by password: user and trust are then the credential's own id, and the domain's id is
     * its name, so none of it changes when what lies behind it in Keystone does.
     */
    Secret content(Served served, Credential credential) {
        var content = JSON.createObjectNode()
                .put("cluster", credential.cluster())
                .put("project", served.project())
                .put("purpose", credential.purpose())
                .put("generation", credential.generation())
                .put("auth_url", door.v3())
                .put("application_credential_id", credential.id())
                .put("application_credential_name", credential.purpose())
                .put("application_credential_secret", secret(credential).reveal())
                .put("user_id", credential.id())
                .put("username", credential.cluster())
                .put("user_domain_id", domainName)
                .put("trust_id", credential.id());
        try {
            return Secret.of(JSON.writeValueAsString(content));
        } catch (JsonProcessingException e) {
            // Without the cause: it may quote the content.
            throw new IllegalStateException("a client credential can't be written");
        }
    }
}
