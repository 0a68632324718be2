package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import lanyard.common.events.wire.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The cluster has no credential, and will have none until something changes.
 *
 * @param project id of the cluster's project, if it is known
 * @param client generation of the client credential that could not be served
 * @param backend generation of what was to stand behind it in Keystone, or does and is refused
 * @param message what happened and what to do about it, for an operator; cut at {@value Legible#LONGEST} characters, without
 *     control characters
 */
public record CredentialFailed(
        String cluster,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String project,
        int client,
        int backend,
        FailureReason reason,
        String message)
        implements CredentialEvent {
    public static final String TYPE = "credential.failed";

    public CredentialFailed {
        Shape.CLUSTER.require("cluster", cluster);
        if (project != null) {
            Shape.KEYSTONE_ID.require("project", project);
        }
        Shape.between("client", client, 1, HIGHEST_GENERATION);
        Shape.between("backend", backend, 1, HIGHEST_GENERATION);
        Shape.present("reason", reason);
        message = Legible.line(Shape.present("message", message));
    }

    @Override
    public String type() {
        return TYPE;
    }
}
