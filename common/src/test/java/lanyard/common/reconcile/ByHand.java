package lanyard.common.reconcile;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/**
 * A service that has nothing of its own but a table of clusters, and in which nothing runs by itself: the tests step its loops by
 * hand, or start them when they want to.
 */
public class ByHand implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        // Given here and not in a file, which the services' tests would find on their class path.
        return Map.of(
                "quarkus.application.name", "common",
                "quarkus.flyway.locations", "db/migration,db/testing",
                "quarkus.arc.exclude-types", "lanyard.common.outbox.Relay,lanyard.common.reconcile.Reconciler",
                "mp.messaging.incoming.credentials.enabled", "false");
    }
}
