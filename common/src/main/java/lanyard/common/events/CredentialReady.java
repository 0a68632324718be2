package lanyard.common.events;

import java.util.List;
import lanyard.common.events.wire.Shape;

/**
 * The door serves the cluster: here is what the conductor gives to the nodes, sealed.
 *
 * @param purpose what the credential is for, such as {@code cloud-provider}
 * @param credential id of the client credential: an application credential's id, to the client
 * @param door the URL that the cluster uses as Keystone's, ends in {@code /v3}
 * @param sealed the credential, once for each recipient
 */
public record CredentialReady(
        String cluster,
        String project,
        int generation,
        String purpose,
        String credential,
        String door,
        List<Sealed> sealed)
        implements CredentialEvent {
    public static final String TYPE = "credential.ready";

    /**
     * The credential for one recipient.
     *
     * @param recipient the {@code kid} of the recipient's public key
     * @param jwe in compact form (RFC 7516)
     */
    public record Sealed(String recipient, String jwe) {
        public Sealed {
            Shape.NAME.require("recipient", recipient);
            Shape.JWE.require("jwe", jwe);
        }
    }

    public CredentialReady {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.KEYSTONE_ID.require("project", project);
        Shape.between("generation", generation, 1, HIGHEST_GENERATION);
        Shape.SLUG.require("purpose", purpose);
        Shape.TOKEN.require("credential", credential);
        Shape.URL.require("door", door);
        sealed = Shape.distinct("sealed", sealed, 8, Sealed::recipient);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
