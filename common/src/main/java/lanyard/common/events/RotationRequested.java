package lanyard.common.events;

import lanyard.common.events.wire.Shape;

/**
 * An operator wants a cluster's credential to be at least of these generations. It names what should be and not a change, so hearing
 * it twice rotates once.
 *
 * @param client least generation of the client credential; 1 leaves it as it is
 * @param backend least generation of what stands behind it in Keystone; 1 leaves it as it is
 */
public record RotationRequested(String cluster, int client, int backend) implements CredentialEvent {
    public static final String TYPE = "rotation.requested";

    public RotationRequested {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.between("client", client, 1, HIGHEST_GENERATION);
        Shape.between("backend", backend, 1, HIGHEST_GENERATION);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
