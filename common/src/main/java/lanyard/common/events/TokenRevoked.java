package lanyard.common.events;

import lanyard.common.events.wire.Shape;

/**
 * A cluster gave its token back, and Keystone revoked it: whoever keeps tokens of that credential forgets them. The token is not in
 * here.
 *
 * @param purpose of the credential that the token was for
 * @param credential id of that client credential
 * @param address of the client, as the door saw it
 * @param request the request's id, which the answer carried too ({@code x-openstack-request-id})
 */
public record TokenRevoked(String cluster, String purpose, String credential, String address, String request)
        implements CredentialEvent {
    public static final String TYPE = "token.revoked";

    public TokenRevoked {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.SLUG.require("purpose", purpose);
        Shape.TOKEN.require("credential", credential);
        Shape.ADDRESS.require("address", address);
        Shape.TOKEN.require("request", request);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
