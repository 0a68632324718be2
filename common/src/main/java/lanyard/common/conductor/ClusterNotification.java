package lanyard.common.conductor;

import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.Shape.Misfit;
import org.jspecify.annotations.Nullable;

/**
 * What the conductor said once about one of its clusters. It may be said again, late, out of order or by a forger: this is what
 * was said, not what is true.
 *
 * @param cluster the cluster's UUID, canonical and in lower case
 * @param project id of the project that the cluster is in; always there on a create, and on others only if it was legible
 * @param owner id of the user who made the cluster, where the message proves it: on a create that the user's own request caused.
 *     Results come from the conductor's periodic task, which acts for nobody, and who updates or deletes a cluster may be another
 *     member of the project (scenario {@code deleted-by-other-member} of the captures)
 */
public record ClusterNotification(
        String cluster, Action action, Outcome outcome, @Nullable String project, @Nullable String owner) {

    /** What is done to the cluster. Resizing, upgrading and rotating certificates are told as updates. */
    public enum Action {
        CREATE,
        UPDATE,
        DELETE
    }

    /** How far it came. After {@code FAILURE} the cluster is still there, whatever the action. */
    public enum Outcome {
        PENDING,
        SUCCESS,
        FAILURE
    }

    public ClusterNotification {
        Shape.CLUSTER.require("cluster", cluster);
        if (action == Action.CREATE || project != null) {
            Shape.KEYSTONE_ID.require("project", project);
        }
        if (owner != null) {
            Shape.USER_ID.require("owner", owner);
            if (action != Action.CREATE) {
                throw new Misfit("only a create names the owner");
            }
        }
    }
}
