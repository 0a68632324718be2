package lanyard.tokenissuer;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * Gives the door a public URL that is not where it listens: what it says of itself comes from there, and not from the request.
 * Also makes failed attempts come back soon.
 */
public final class PublicDoor implements QuarkusTestResourceLifecycleManager {
    static final String URL = "https://door.example/v3";

    @Override
    public Map<String, String> start() {
        return Map.of(
                "lanyard.door.url",
                URL,
                "lanyard.door.budget.per-address",
                "0",
                "lanyard.door.overlap",
                "3s",
                "lanyard.reconcile.first-retry",
                "200ms",
                "lanyard.reconcile.longest-retry",
                "1s");
    }

    @Override
    public void stop() {}
}
