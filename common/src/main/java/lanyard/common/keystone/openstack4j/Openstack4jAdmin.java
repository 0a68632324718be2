package lanyard.common.keystone.openstack4j;

import static lanyard.common.keystone.openstack4j.Fields.present;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;
import org.jboss.logging.Logger;
import org.openstack4j.api.Apis;

/** {@link KeystoneAdmin} over openstack4j. */
final class Openstack4jAdmin implements KeystoneAdmin {
    private static final Logger LOG = Logger.getLogger(Openstack4jAdmin.class);

    private final KeystoneConnection connection;
    private final Calls calls;
    private final AdminToken admin;
    private final TrustorTokens trustors;
    private final IdentityService identity = new IdentityService();
    private final TrustService trusts = new TrustService();

    Openstack4jAdmin(AdminToken admin, KeystoneConnection connection, Calls calls, InstantSource clock) {
        this.admin = admin;
        this.connection = connection;
        this.calls = calls;
        this.trustors = new TrustorTokens(new Authentication(connection), calls, clock);
    }

    @Override
    public Reply<String> findDomain(String name) {
        return asAdmin(Operation.FIND_DOMAIN, () -> openstack4j().domains().getByName(name).stream()
                .filter(domain -> name.equals(domain.getName()))
                .findFirst()
                .<Reply<String>>map(domain -> new Reply.Done<>(present(domain.getId(), "a domain")))
                .orElseGet(Reply.Missing::new));
    }

    @Override
    public Reply<String> createDomain(String name, String description) {
        return asAdmin(
                Operation.CREATE_DOMAIN,
                () -> new Reply.Done<>(present(
                        openstack4j().domains().create(name, description, true).getId(), "a domain")));
    }

    @Override
    public Reply<Boolean> isEnabled(String id) {
        return asAdmin(Operation.FIND_PROJECT, () -> new Reply.Done<>(identity.isEnabled(Ids.require(id))));
    }

    @Override
    public Reply<User> findUser(String domainId, String name) {
        return asAdmin(Operation.FIND_USER, () -> {
            var user = openstack4j().users().getByName(name, domainId);
            return user != null && name.equals(user.getName()) && domainId.equals(user.getDomainId())
                    ? new Reply.Done<>(new User(present(user.getId(), "a user"), name, user.isEnabled()))
                    : new Reply.Missing<>();
        });
    }

    @Override
    public Reply<Users> listUsers(String domainId) {
        return asAdmin(Operation.LIST_USERS, () -> new Reply.Done<>(identity.users(Ids.require(domainId))));
    }

    @Override
    public Reply<User> createUser(String domainId, String name, Secret password, String description) {
        return withPassword(asAdmin(
                Operation.CREATE_USER,
                () -> new Reply.Done<>(identity.createUser(domainId, name, password, description))));
    }

    @Override
    public Reply<Void> resetPassword(String userId, Secret password) {
        trustors.forget(userId);
        return withPassword(asAdmin(Operation.RESET_PASSWORD, () -> {
            identity.resetPassword(Ids.require(userId), password);
            // Whoever logs in next, here or at the door, must get a token that lives.
            RevocationSecond.pass();
            return Reply.done();
        }));
    }

    private static <T> Reply<T> withPassword(Reply<T> reply) {
        return reply instanceof Reply.Denied<T>(int status, var why) && status == 400
                ? new Reply.Denied<>(
                        status,
                        "its password rules take no password of 43 letters, digits, '-' and '_': loosen [security_compliance] password_regex ("
                                + why + ")")
                : reply;
    }

    @Override
    public Reply<Void> deleteUser(String userId) {
        trustors.forget(userId);
        return asAdmin(Operation.DELETE_USER, () -> done(openstack4j().users().delete(Ids.require(userId))));
    }

    @Override
    public Reply<List<Role>> listRoles() {
        return asAdmin(
                Operation.LIST_ROLES,
                () -> new Reply.Done<>(openstack4j().roles().list().stream()
                        .filter(role -> role.getDomainId() == null)
                        .map(role -> new Role(present(role.getId(), "a role"), present(role.getName(), "a role")))
                        .toList()));
    }

    @Override
    public Reply<Set<String>> effectiveRoles(String userId, String projectId) {
        return asAdmin(
                Operation.EFFECTIVE_ROLES,
                () -> new Reply.Done<>(identity.effectiveRoles(Ids.require(userId), Ids.require(projectId))));
    }

    @Override
    public Reply<Void> grantRole(String userId, String projectId, String roleId) {
        return asAdmin(
                Operation.GRANT_ROLE,
                () -> done(openstack4j()
                        .roles()
                        .grantProjectUserRole(Ids.require(projectId), Ids.require(userId), Ids.require(roleId))));
    }

    @Override
    public Reply<List<Trust>> trustsTo(String trusteeId) {
        return asAdmin(Operation.LIST_TRUSTS, () -> new Reply.Done<>(trusts.to(Ids.require(trusteeId))));
    }

    @Override
    public Reply<List<Trust>> trustsFrom(String trustorId) {
        return asAdmin(Operation.LIST_TRUSTS, () -> new Reply.Done<>(trusts.from(Ids.require(trustorId))));
    }

    @Override
    public Reply<List<Trust>> trustsBetween(String trustorId, String trusteeId) {
        return asAdmin(
                Operation.LIST_TRUSTS,
                () -> new Reply.Done<>(trusts.between(Ids.require(trustorId), Ids.require(trusteeId))));
    }

    @Override
    public Reply<Set<String>> rolesOf(String trustId) {
        return asAdmin(Operation.FIND_TRUST, () -> new Reply.Done<>(trusts.roles(Ids.require(trustId))));
    }

    @Override
    public Reply<Void> deleteTrust(String trustId) {
        return asAdmin(Operation.DELETE_TRUST, () -> done(trusts.remove(Ids.require(trustId))));
    }

    @Override
    public Reply<Trust> createTrust(
            Trustor trustor, String trusteeId, String projectId, Set<String> roleNames, Instant expiresAt) {
        return calls.timed(
                Operation.CREATE_TRUST,
                () -> trustors.as(
                        trustor,
                        token -> attempt(
                                token,
                                () -> new Reply.Done<>(
                                        trusts.create(trustor, trusteeId, projectId, roleNames, expiresAt)))));
    }

    @Override
    public Reply<Void> ping() {
        return new Ping(connection, calls).ping();
    }

    private <T> Reply<T> asAdmin(Operation operation, Supplier<Reply<T>> call) {
        return calls.timed(operation, () -> admin.as(token -> attempt(token, call)));
    }

    /**
     * What is refused (403) is asked once more. While roles, projects, users and domains are removed, all at once, Keystone 22 refuses one call in
     * a hundred or two that its policy allows, and not again (seen with four who listed users).
     */
    private <T> Reply<T> attempt(Secret token, Supplier<Reply<T>> call) {
        return connection.with(token, () -> {
            var reply = Calls.attempt(call);
            if (reply instanceof Reply.Denied<T>(int status, var why) && status == 403) {
                LOG.debugf("asked once more, since Keystone refused it: %s", why);
                return Calls.attempt(call);
            }
            return reply;
        });
    }

    private static org.openstack4j.api.identity.v3.IdentityService openstack4j() {
        return Apis.getIdentityV3Services();
    }

    private static Reply<Void> done(Object ignored) {
        return Reply.done();
    }
}
