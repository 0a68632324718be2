package lanyard.revoker;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Settings of an operator who can't wait. */
public class Impatient implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "lanyard.reconcile.interval", "500ms",
                "lanyard.reconcile.first-retry", "100ms",
                "lanyard.reconcile.longest-retry", "500ms",
                "lanyard.health.sample-interval", "500ms");
    }
}
