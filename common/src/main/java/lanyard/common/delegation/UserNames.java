package lanyard.common.delegation;

/** The names of Lanyard's users in Lanyard's domain. A cluster's trustee is named by the cluster's UUID. */
public final class UserNames {
    /** The token issuer's own user, to which trusts are that have no trustee of their own. */
    public static final String ISSUER = "token-issuer";

    private UserNames() {}

    /** The user that holds a project's roles and delegates them. */
    public static String custodian(String project) {
        return "custodian-" + project;
    }
}
