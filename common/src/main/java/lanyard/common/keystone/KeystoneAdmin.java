package lanyard.common.keystone;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

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

    /** Whether a project or a domain is enabled. */
    Reply<Boolean> isEnabled(String id);

    /** The user of that name in the domain. */
    Reply<User> findUser(String domainId, String name);

    /** The users of the domain, as many as Keystone lists. */
    Reply<Users> listUsers(String domainId);

    /**
     * Makes an enabled user with a password and answers it. The user carries the options that keep the cloud's password rules off
     * service users: {@code ignore_password_expiry}, {@code ignore_lockout_failure_attempts},
     * {@code ignore_change_password_upon_first_use}, {@code ignore_user_inactivity}.
     */
    Reply<User> createUser(String domainId, String name, Secret password, String description);

    /** Sets the password of a user (as administrator, without the old one), enables it, and gives it those options. */
    Reply<Void> resetPassword(String userId, Secret password);

    Reply<Void> deleteUser(String userId);

    /** Every role that Keystone knows outside domains, by name. */
    Reply<List<Role>> listRoles();

    /** The names of the roles that a user effectively holds on a project: directly, by group, inherited or implied. */
    Reply<Set<String>> effectiveRoles(String userId, String projectId);

    /** Gives a user a role on a project; again is success. */
    Reply<Void> grantRole(String userId, String projectId, String roleId);

    /** The trusts to this trustee, whoever made them. */
    Reply<List<Trust>> trustsTo(String trusteeId);

    /** The trusts from this trustor, to whomever. */
    Reply<List<Trust>> trustsFrom(String trustorId);

    /** The trusts from this trustor to this trustee. */
    Reply<List<Trust>> trustsBetween(String trustorId, String trusteeId);

    /** The names of the roles that a trust delegates. */
    Reply<Set<String>> rolesOf(String trustId);

    Reply<Void> deleteTrust(String trustId);

    /**
     * Makes a trust as its trustor, which Keystone allows to nobody else: without impersonation (the trustee shows in the audit
     * logs) and without redelegation. A second one with the same end between the two, on the same project, is a
     * {@link Reply.Conflict}, also when the first was removed since (Keystone keeps the row, and its unique constraint, until an
     * operator flushes them).
     *
     * @param expiresAt its end, which serves as its name: see {@code TrustName}. Keystone cuts it to the second
     */
    Reply<Trust> createTrust(
            Trustor trustor, String trusteeId, String projectId, Set<String> roleNames, Instant expiresAt);

    /** Whether Keystone answers its version document, without authentication: for health. */
    Reply<Void> ping();

    /** A role; {@code name} is what policies speak of. */
    record Role(String id, String name) {}

    record User(String id, String name, boolean enabled) {}

    /**
     * The users of a domain.
     *
     * @param truncated whether Keystone left out others, as its {@code list_limit} has it do
     */
    record Users(List<User> users, boolean truncated) {}

    /**
     * A trust, without its roles, which Keystone leaves out of its lists.
     *
     * @param projectId empty for a trust that delegates nothing
     * @param expiresAt its end, to the second; {@code null} if it has none
     */
    record Trust(String id, String trustorId, String trusteeId, String projectId, @Nullable Instant expiresAt) {}

    /**
     * Who delegates: a user that is able to log in with this password.
     *
     * @param domainId of the user: each trust is marked with it, so that Keystone's policy can tell Lanyard's from others
     */
    record Trustor(String userId, String domainId, Secret password) {}
}
