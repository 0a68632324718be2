package lanyard.common.events;

import lanyard.common.events.wire.Shape;

/**
 * An operator wants what is Lanyard's in Keystone compared with what should be there, now. It asks for nothing that is not done on a
 * schedule anyway, by the same rules: who forges it gets a sweep sooner.
 *
 * @param cluster {@link #NO_CLUSTER}
 * @param request names the request, so that its answer is told from others
 * @param dry whether nothing is to be removed, nor remembered
 */
public record SweepRequested(String cluster, String request, boolean dry) implements CredentialEvent {
    public static final String TYPE = "sweep.requested";

    public SweepRequested {
        SweepFinished.requireNone(cluster);
        Shape.TOKEN.require("request", request);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
