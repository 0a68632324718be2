package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;
import lanyard.common.events.wire.Shape;

/**
 * The door handed out a token, for the audit. Neither the token nor anything derived from it is in here.
 *
 * @param purpose of the credential that was used
 * @param credential id of the client credential that was used
 * @param source whether the token was at hand or Keystone was asked
 * @param expires when the token does
 * @param address of the client, as the door saw it
 * @param request the request's id, which the answer carried too ({@code x-openstack-request-id})
 */
public record TokenIssued(
        String cluster,
        String purpose,
        String credential,
        Source source,
        Instant expires,
        String address,
        String request)
        implements CredentialEvent {
    public static final String TYPE = "token.issued";

    /** Where the token came from. */
    public enum Source {
        CACHE,
        KEYSTONE,
        /** Only ever read: a newer version's word that this version does not know. */
        @JsonEnumDefaultValue
        UNKNOWN;

        @JsonValue
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public TokenIssued {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.SLUG.require("purpose", purpose);
        Shape.TOKEN.require("credential", credential);
        Shape.present("source", source);
        Rfc3339.require("expires", expires);
        Shape.ADDRESS.require("address", address);
        Shape.TOKEN.require("request", request);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
