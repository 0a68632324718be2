package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import lanyard.common.events.wire.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Keystone delegates to the cluster: who knows the key ring can act for it now.
 *
 * <p>Two things are counted, and each rises by itself: the client credential, which the cluster's clients hold, and the backend, which
 * is what Keystone holds for it. Of two events each one's higher generation holds.
 *
 * @param project id of the cluster's project
 * @param client the client credential
 * @param backend what stands behind it in Keystone
 * @param delegation how Keystone was made to delegate, such as {@code project-trust}. Kept as the word it is, so that a row written
 *     by a service that does not know it yet can be acted on by its successor
 * @param trustee the cluster's own user; {@code null} if no grant is to it
 * @param grants one for each purpose
 */
public record CredentialProvisioned(
        String cluster,
        String project,
        Generation client,
        Generation backend,
        String delegation,
        Custodian custodian,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Trustee trustee,
        List<Grant> grants)
        implements CredentialEvent {
    public static final String TYPE = "credential.provisioned";

    /**
     * One generation of a derived secret.
     *
     * @param generation from 1; rotation raises it
     * @param key id of the master key that the secret is derived from
     */
    public record Generation(int generation, String key) {
        public Generation {
            Shape.between("generation", generation, 1, HIGHEST_GENERATION);
            Shape.KEY_ID.require("key", key);
        }
    }

    /** Who delegates: the user in Lanyard's domain that holds the roles on the project. */
    public record Custodian(String id, String name) {
        public Custodian {
            Shape.USER_ID.require("id", id);
            Shape.NAME.require("name", name);
        }
    }

    /**
     * The cluster's own user, to which is delegated and which gets the tokens. Its password is derived from the backend's key.
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
     * @param trustee to whom the trust is
     * @param roles names of the roles, without those that they imply
     */
    public record Grant(String purpose, String trust, Trusteeship trustee, List<String> roles) {
        public Grant {
            Shape.SLUG.require("purpose", purpose);
            Shape.KEYSTONE_ID.require("trust", trust);
            Shape.present("trustee", trustee);
            roles = Shape.distinct("roles", roles, 64, role -> Shape.NAME.require("roles", role));
        }
    }

    public CredentialProvisioned {
        Shape.CLUSTER.require("cluster", cluster);
        Shape.KEYSTONE_ID.require("project", project);
        Shape.present("client", client);
        Shape.present("backend", backend);
        Shape.SLUG.require("delegation", delegation);
        Shape.present("custodian", custodian);
        grants = Shape.distinct("grants", grants, 32, Grant::purpose);
    }

    @Override
    public String type() {
        return TYPE;
    }
}
