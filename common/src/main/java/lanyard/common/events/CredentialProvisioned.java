package lanyard.common.events;

import java.util.List;
import lanyard.common.events.wire.Shape;

/**
 * Keystone delegates to the cluster: who knows the key ring can act for it now.
 *
 * @param project id of the cluster's project
 * @param generation of the credential, from 1; rotation raises it
 * @param delegation how Keystone was made to delegate, such as {@code project-trust}. Kept as the word it is, so that a row written
 *     by a service that does not know it yet can be acted on by its successor
 * @param key id of the master key that the trustee's password is derived from
 * @param grants one for each purpose
 */
public record CredentialProvisioned(
        String cluster,
        String project,
        int generation,
        String delegation,
        String key,
        Custodian custodian,
        Trustee trustee,
        List<Grant> grants)
        implements CredentialEvent {
    public static final String TYPE = "credential.provisioned";

    /** Who delegates: the user in Lanyard's domain that holds the roles on the project. */
    public record Custodian(String id, String name) {
        public Custodian {
            Shape.USER_ID.require("id", id);
            Shape.NAME.require("name", name);
        }
    }

    /**
     * To whom is delegated: the user that gets the tokens.
     *
     * @param domain id of the domain that the user is in
     */
    public record Trustee(String id, String name, String domain) {
        public Trustee {
            Shape.USER_ID.require("id", id);
            Shape.NAME.require("name", name);
            Shape.KEYSTONE_ID.require("domain", domain);
        }
    }

    /**
     * What is delegated for one purpose.
     *
     * @param trust id of the trust
     * @param roles names of the roles, without those that they imply
     */
    public record Grant(String purpose, String trust, List<String> roles) {
        public Grant {
            Shape.SLUG.require("purpose", purpose);
            Shape.KEYSTONE_ID.require("trust", trust);
            roles = Shape.distinct("roles", roles, 64, role -> Shape.NAME.require("roles", role));
        }
    }

    public CredentialProvisioned {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.KEYSTONE_ID.require("project", project);
        Shape.between("generation", generation, 1, HIGHEST_GENERATION);
        Shape.SLUG.require("delegation", delegation);
        Shape.KEY_ID.require("key", key);
        Shape.present("custodian", custodian);
        Shape.present("trustee", trustee);
        grants = Shape.distinct("grants", grants, 32, Grant::purpose);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
