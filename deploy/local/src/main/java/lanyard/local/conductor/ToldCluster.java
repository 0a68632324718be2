package lanyard.local.conductor;

import java.util.Map;
import java.util.UUID;
import lanyard.local.keystone.Named;

/**
 * The cluster that a notification is about.
 *
 * @param owner who asks the conductor for the action: the creator on create, the deleter on delete
 */
public record ToldCluster(UUID uuid, String name, Named project, Named owner, Map<String, String> labels) {
    public ToldCluster {
        labels = Map.copyOf(labels);
    }
}
