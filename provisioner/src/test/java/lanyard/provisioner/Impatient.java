package lanyard.provisioner;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Settings of an operator who can't wait, and three purposes: two can be served, one has a role that Keystone does not know. */
public final class Impatient implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "lanyard.profiles.volumes.roles", "member",
                "lanyard.profiles.registry.roles", "no-such-role",
                "lanyard.owner-deadline", "2s",
                "lanyard.reconcile.interval", "500ms",
                "lanyard.reconcile.first-retry", "100ms",
                "lanyard.reconcile.longest-retry", "500ms",
                "lanyard.health.sample-interval", "500ms");
    }
}
