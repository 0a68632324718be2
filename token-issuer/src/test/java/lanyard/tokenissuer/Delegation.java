package lanyard.tokenissuer;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Custodian;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Role;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
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

    /** What the provisioner would announce of a new cluster with a trust for each purpose. */
    CredentialProvisioned make(String... purposes) {
        var cluster = UUID.randomUUID().toString();
        var project =
                new TestKeystone().makeTenant(ROLES.toArray(String[]::new)).project();
        var domain = keystone.findDomain(domainName) instanceof Reply.Done<String>(var known)
                ? known
                : done(keystone.createDomain(domainName, "for a test"));
        var custodianPassword = keys.derive("test", Purpose.CUSTODIAN, project, 1);
        var custodian = done(keystone.createUser(domain, "custodian-" + project, custodianPassword, "for a test"));
        done(keystone.listRoles()).stream()
                .filter(role -> ROLES.contains(role.name()))
                .map(Role::id)
                .forEach(role -> keystone.grantRole(custodian.id(), project, role));
        var trustee = done(
                keystone.createUser(domain, cluster, keys.derive("test", Purpose.TRUSTEE, cluster, 1), "for a test"));
        var grants = new ArrayList<Grant>();
        for (var purpose : Arrays.asList(purposes)) {
            var trust = done(
                    keystone.createTrust(new Trustor(custodian.id(), custodianPassword), trustee.id(), project, ROLES));
            grants.add(new Grant(purpose, trust.id(), List.copyOf(ROLES)));
        }
        return new CredentialProvisioned(
                cluster,
                project,
                1,
                "project-trust",
                "test",
                new Custodian(custodian.id(), custodian.name()),
                new Trustee(trustee.id(), trustee.name(), domain),
                grants);
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
