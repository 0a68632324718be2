package lanyard.local.conductor;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is inside the seal of a {@code credential.ready}: all that an unmodified OpenStack client of the cluster needs in order to
 * log in at the door. Clients that know no application credential log in by password: the secret as the password, the user by id
 * or by name and domain, scoped by the trust.
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClientCredential(
        String cluster,
        String project,
        String purpose,
        int generation,
        String authUrl,
        String applicationCredentialId,
        String applicationCredentialSecret,
        @Nullable String userId,
        @Nullable String username,
        @Nullable String userDomainId,
        @Nullable String trustId) {
    public ClientCredential {
        Objects.requireNonNull(cluster, "cluster");
        Objects.requireNonNull(authUrl, "auth_url");
        Objects.requireNonNull(applicationCredentialId, "application_credential_id");
        Objects.requireNonNull(applicationCredentialSecret, "application_credential_secret");
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "ClientCredential[%s of cluster %s, at %s]".formatted(applicationCredentialId, cluster, authUrl);
    }
}
