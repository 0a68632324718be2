package lanyard.revoker;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;

/**
 * What the provisioner leaves in Keystone for a cluster, made by hand: a custodian that holds a role on the project, a trustee that
 * carries the cluster's name, and trusts from one to the other.
 */
record GivenDelegation(String domainId, String custodian, String trustee, List<String> trusts) {
    static final Secret PASSWORD = Secret.of("only in this test: 7c1f6c52");
    private static final String ROLE = "member";

    static GivenDelegation make(
            KeystoneAdmin admin, TestKeystone keystone, String domain, Tenant tenant, String cluster, int trusts) {
        var domainId = domain(admin, domain);
        var custodian = custodian(admin, keystone, domainId, tenant);
        var trustee = must(admin.createUser(domainId, cluster, PASSWORD, "made by a test"))
                .id();
        var made = new ArrayList<String>();
        for (int i = 0; i < trusts; i++) {
            made.add(trust(admin, custodian, trustee, tenant, name(cluster, "purpose-" + i)));
        }
        return new GivenDelegation(domainId, custodian, trustee, List.copyOf(made));
    }

    /** Id of a trust to the token issuer's user, with this name. */
    static String trustToIssuer(
            KeystoneAdmin admin, TestKeystone keystone, String domain, Tenant tenant, Instant name) {
        var domainId = domain(admin, domain);
        var custodian = custodian(admin, keystone, domainId, tenant);
        return trust(admin, custodian, user(admin, domainId, UserNames.ISSUER), tenant, name);
    }

    static Instant name(String cluster, String purpose) {
        return TrustName.of(cluster, purpose, new TreeSet<>(Set.of(ROLE)), 1, 0);
    }

    private static String trust(KeystoneAdmin admin, String custodian, String trustee, Tenant tenant, Instant name) {
        return must(admin.createTrust(new Trustor(custodian, PASSWORD), trustee, tenant.project(), Set.of(ROLE), name))
                .id();
    }

    private static String domain(KeystoneAdmin admin, String name) {
        return switch (admin.findDomain(name)) {
            case Reply.Missing<String>() -> must(admin.createDomain(name, "made by a test"));
            case Reply<String> reply -> must(reply);
        };
    }

    private static String custodian(KeystoneAdmin admin, TestKeystone keystone, String domainId, Tenant tenant) {
        var custodian = user(admin, domainId, UserNames.custodian(tenant.project()));
        keystone.grant(custodian, tenant.project(), ROLE);
        return custodian;
    }

    private static String user(KeystoneAdmin admin, String domainId, String name) {
        return switch (admin.findUser(domainId, name)) {
            case Reply.Missing<User>() ->
                must(admin.createUser(domainId, name, PASSWORD, "made by a test"))
                        .id();
            case Reply<User> reply -> must(reply).id();
        };
    }

    private static <T> T must(Reply<T> reply) {
        if (reply instanceof Reply.Done<T>(var value)) {
            return value;
        }
        throw new IllegalStateException("Keystone answered " + reply);
    }
}
