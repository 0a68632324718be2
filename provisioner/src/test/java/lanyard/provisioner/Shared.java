package lanyard.provisioner;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.HashMap;
import java.util.Map;

/**
 * Settings of an operator with both kinds of trustees: two purposes to the token issuer, of the same role, and one, which takes another
 * role, to a user of the cluster's own.
 */
public final class Shared implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        var settings = new HashMap<>(new Impatient().getConfigOverrides());
        settings.putAll(Map.of(
                "lanyard.profiles.cloud-provider.roles", "load-balancer_member",
                "lanyard.profiles.cloud-provider.trustee", "per-cluster",
                "lanyard.profiles.registry.roles", "member",
                "lanyard.profiles.registry.trustee", "issuer",
                "lanyard.profiles.volumes.roles", "member",
                "lanyard.profiles.volumes.trustee", "issuer"));
        return settings;
    }
}
