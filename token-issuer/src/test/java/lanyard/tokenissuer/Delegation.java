package lanyard.tokenissuer;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Role;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Does the provisioner's part by hand: on the real Keystone, with real trusts, for one new cluster in a new project. */
@ApplicationScoped
class Delegation {
    static final Set<String> ROLES = Set.of("member", "load-balancer_member");

    private final KeystoneAdmin keystone;
    private final KeyRing keys;
    private final String domainName;
    private final List<Tenant> tenants = new ArrayList<>();

    Delegation(KeystoneAdmin keystone, KeyRing keys, @ConfigProperty(name = "lanyard.domain") String domainName) {
        this.keystone = keystone;
        this.keys = keys;
        this.domainName = domainName;
    }

    /** What the provisioner would announce of a new cluster with a trust to its own trustee for each purpose. */
    CredentialProvisioned make(String... purposes) {
        return make(Trusteeship.PER_CLUSTER, purposes);
    }

    /** The same, with trusts to the issuer's user. */
    CredentialProvisioned makeForIssuer(String... purposes) {
        return make(Trusteeship.ISSUER, purposes);
    }

    /** What the provisioner would announce when it made the backend anew: another password, and other trusts. */
    CredentialProvisioned anew(CredentialProvisioned old) {
        var generation = old.backend().generation() + 1;
        var trustee = Objects.requireNonNull(old.trustee());
        var found = keystone.findUser(trustee.domain(), old.cluster());
        var password = keys.derive("test", Purpose.TRUSTEE, old.cluster(), generation);
        var user = found instanceof Reply.Done<User>(var there)
                ? there
                : done(keystone.createUser(trustee.domain(), old.cluster(), password, "for a test"));
        done(keystone.resetPassword(user.id(), password));
        return new CredentialProvisioned(
                old.cluster(),
                old.project(),
                old.client(),
                new Generation(generation, "test"),
                old.delegation(),
                old.custodian(),
                new Trustee(user.id(), user.name(), trustee.domain()),
                old.grants().stream()
                        .map(grant -> new Grant(
                                grant.purpose(),
                                trust(old.custodian().id(), user.id(), old, grant.purpose(), generation),
                                grant.trustee(),
                                grant.roles()))
                        .toList());
    }

    private String trust(String custodian, String trustee, CredentialProvisioned of, String purpose, int generation) {
        return done(keystone.createTrust(
                        new Trustor(
                                custodian,
                                done(keystone.findDomain(domainName)),
                                keys.derive("test", Purpose.CUSTODIAN, of.project(), 1)),
                        trustee,
                        of.project(),
                        ROLES,
                        TrustName.of(of.cluster(), purpose, new TreeSet<>(ROLES), generation, 0)))
                .id();
    }

    private CredentialProvisioned make(Trusteeship trusteeship, String... purposes) {
        var cluster = UUID.randomUUID().toString();
        var tenant = new TestKeystone().makeTenant(ROLES.toArray(String[]::new));
        tenants.add(tenant);
        var project = tenant.project();
        var domain = keystone.findDomain(domainName) instanceof Reply.Done<String>(var known)
                ? known
                : done(keystone.createDomain(domainName, "for a test"));
        var custodianPassword = keys.derive("test", Purpose.CUSTODIAN, project, 1);
        var custodian = done(keystone.createUser(domain, "custodian-" + project, custodianPassword, "for a test"));
        done(keystone.listRoles()).stream()
                .filter(role -> ROLES.contains(role.name()))
                .map(Role::id)
                .forEach(role -> keystone.grantRole(custodian.id(), project, role));
        var trustee = trusteeship == Trusteeship.ISSUER
                ? issuer(domain)
                : done(keystone.createUser(
                        domain, cluster, keys.derive("test", Purpose.TRUSTEE, cluster, 1), "for a test"));
        var provisioned = new CredentialProvisioned(
                cluster,
                project,
                new Generation(1, "test"),
                new Generation(1, "test"),
                "project-trust",
                new Custodian(custodian.id(), custodian.name()),
                trusteeship == Trusteeship.ISSUER ? null : new Trustee(trustee.id(), trustee.name(), domain),
                List.of(new Grant("none", "none", trusteeship, List.of("none"))));
        var grants = new ArrayList<Grant>();
        for (var purpose : Arrays.asList(purposes)) {
            grants.add(new Grant(
                    purpose,
                    trust(custodian.id(), trustee.id(), provisioned, purpose, 1),
                    trusteeship,
                    List.copyOf(ROLES)));
        }
        return new CredentialProvisioned(
                cluster,
                project,
                provisioned.client(),
                provisioned.backend(),
                provisioned.delegation(),
                provisioned.custodian(),
                provisioned.trustee(),
                grants);
    }

    private User issuer(String domain) {
        var found = keystone.findUser(domain, UserNames.ISSUER);
        return found instanceof Reply.Done<User>(var there)
                ? there
                : done(keystone.createUser(
                        domain,
                        UserNames.ISSUER,
                        keys.derive("test", Purpose.ISSUER, UserNames.ISSUER, 1),
                        "for a test"));
    }

    /** Removes the projects that were made; users and trusts go with Lanyard's domain. */
    void removeProjects() {
        tenants.forEach(new TestKeystone()::removeTenant);
        tenants.clear();
    }

    private static <T> T done(Reply<T> reply) {
        if (reply instanceof Reply.Done<T>(var value)) {
            return value;
        }
        throw new IllegalStateException("Keystone does not do what the test needs: " + reply);
    }
}
