package lanyard.common.keystone;

import java.util.List;
import java.util.Set;
import lanyard.common.secrets.Secret;

/**
 * What Lanyard asks of Keystone as the operator's service user: its domain, its users, their roles, and trusts.
 *
 * <p>Every call blocks (call it from a virtual thread), is bounded in time and in number in flight, and can be repeated. The
 * API is Keystone's Identity API v3 and its OS-TRUST extension (https://docs.openstack.org/api-ref/identity/v3/).
 */
public interface KeystoneAdmin {
    /** The id of the domain with this name; {@link Reply.Missing} if there is none. */
    Reply<String> findDomain(String name);

    /** Makes a domain and answers its id. */
    Reply<String> createDomain(String name, String description);

    /** The user of that name in the domain. */
    Reply<User> findUser(String domainId, String name);

    /**
     * Makes an enabled user with a password and answers it. The user carries the options that keep the cloud's password rules off
     * service users: {@code ignore_password_expiry}, {@code ignore_lockout_failure_attempts},
     * {@code ignore_change_password_upon_first_use}.
     */
    Reply<User> createUser(String domainId, String name, Secret password, String description);

    /** Sets the password of a user (as administrator, without the old one) and enables it. */
    Reply<Void> resetPassword(String userId, Secret password);

    Reply<Void> deleteUser(String userId);

    /** A project, if there is one of that id. */
    Reply<Project> findProject(String projectId);

    /** Every role that Keystone knows outside domains, by name. */
    Reply<List<Role>> listRoles();

    /** The names of the roles that a user effectively holds on a project: directly, by group, inherited or implied. */
    Reply<Set<String>> effectiveRoles(String userId, String projectId);

    /** Gives a user a role on a project; again is success. */
    Reply<Void> grantRole(String userId, String projectId, String roleId);

    /** The trusts in which this user is the trustee. */
    Reply<List<Trust>> trustsTo(String trusteeId);

    Reply<Void> deleteTrust(String trustId);

    /**
     * Makes a trust as its trustor, which Keystone allows to nobody else: without impersonation (the trustee shows in the audit
     * logs), without redelegation, without an end.
     */
    Reply<Trust> createTrust(Trustor trustor, String trusteeId, String projectId, Set<String> roleNames);

    /** Whether Keystone answers its version document, without authentication: for health. */
    Reply<Void> ping();

    /** A role; {@code name} is what policies speak of. */
    record Role(String id, String name) {}

    record Project(String id, String name, boolean enabled) {}

    record User(String id, String name, boolean enabled) {}

    /** A trust without its dates. {@code roles} holds the names of those delegated, without what they imply. */
    record Trust(String id, String trustorId, String trusteeId, String projectId, Set<String> roles) {}

    /** Who delegates: a user that is able to log in with this password. */
    record Trustor(String userId, Secret password) {}
}
