package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import lanyard.common.events.wire.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The door refused a token, for the audit. Nothing of the secret that was presented is in here.
 *
 * @param cluster whose credential was named; {@link #NO_CLUSTER} when none was that exists
 * @param purpose of that credential; {@code null} when there is none
 * @param credential the id that was claimed; {@code null} when none was, or what was has not the shape of an id
 * @param reason in kebab-case, as in the metric {@code lanyard.tokens.refused}
 * @param address of the client, as the door saw it
 * @param request the request's id, which the answer carried too ({@code x-openstack-request-id})
 */
public record TokenRefused(
        String cluster,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String purpose,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String credential,
        String reason,
        String address,
        String request)
        implements CredentialEvent {
    public static final String TYPE = "token.refused";

    public TokenRefused {
        Shape.CLUSTER.require("cluster", cluster);
        if (purpose != null) {
            Shape.SLUG.require("purpose", purpose);
        }
        if (credential != null) {
            Shape.TOKEN.require("credential", credential);
        }
        Shape.SLUG.require("reason", reason);
        Shape.ADDRESS.require("address", address);
        Shape.TOKEN.require("request", request);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
