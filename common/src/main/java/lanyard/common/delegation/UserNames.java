package lanyard.common.delegation;

import lanyard.common.events.wire.Shape;
import org.jspecify.annotations.Nullable;

/** The names of Lanyard's users in Lanyard's domain. A cluster's trustee is named by the cluster's UUID. */
public final class UserNames {
    /** The token issuer's own user, to which trusts are that have no trustee of their own. */
    public static final String ISSUER = "token-issuer";

    private static final String CUSTODIAN = "custodian-";

    private UserNames() {}

    /** The user that holds a project's roles and delegates them. */
    public static String custodian(String project) {
        return CUSTODIAN + project;
    }

    /** Id of the project whose custodian has this name; {@code null} if it is no custodian's. */
    public static @Nullable String projectOfCustodian(String name) {
        var project = name.startsWith(CUSTODIAN) ? name.substring(CUSTODIAN.length()) : "";
        return Shape.KEYSTONE_ID.fits(project) ? project : null;
    }

    /** UUID of the cluster whose trustee has this name; {@code null} if it is no trustee's. */
    public static @Nullable String clusterOfTrustee(String name) {
        return Shape.CLUSTER.fits(name) ? name : null;
    }
}
