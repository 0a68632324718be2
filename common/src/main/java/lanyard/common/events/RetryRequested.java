package lanyard.common.events;

import lanyard.common.events.wire.Shape;

/**
 * An operator has mended what kept a cluster waiting: whichever service has failed at it is to try again now. To one that has not, it
 * says nothing, and it changes nothing of what should be true; so hearing it twice, late or forged costs an attempt at most.
 */
public record RetryRequested(String cluster) implements CredentialEvent {
    public static final String TYPE = "retry.requested";

    public RetryRequested {
        Shape.CLUSTER.require("cluster", cluster);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
