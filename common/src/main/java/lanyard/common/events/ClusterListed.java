package lanyard.common.events;

import lanyard.common.events.wire.Shape;

/**
 * The conductor's own list has this cluster, and no credential of it was told: what the conductor said of it was lost. It says what the
 * lost notification would have said.
 *
 * @param project id of the project that the cluster is in
 * @param owner id of the user who made the cluster
 */
public record ClusterListed(String cluster, String project, String owner) implements CredentialEvent {
    public static final String TYPE = "cluster.listed";

    public ClusterListed {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.KEYSTONE_ID.require("project", project);
        Shape.USER_ID.require("owner", owner);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
