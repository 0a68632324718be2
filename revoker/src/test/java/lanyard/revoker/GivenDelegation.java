package lanyard.revoker;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;

/**
 * What the provisioner leaves in Keystone for a cluster, made by hand: a custodian that holds a role on the project, a trustee that
 * carries the cluster's name, and trusts from one to the other. The revoker itself may make nothing.
 */
record GivenDelegation(String domainId, String custodian, String trustee, List<String> trusts) {
    static final String PASSWORD = "only in this test: 7c1f6c52";
    private static final String ROLE = "member";

    static GivenDelegation make(TestKeystone keystone, String domain, Tenant tenant, String cluster, int trusts) {
        var domainId = keystone.domainId(domain);
        var custodian = custodian(keystone, domainId, tenant);
        var trustee = keystone.makeUser(domainId, cluster, PASSWORD);
        var made = new ArrayList<String>();
        for (int i = 0; i < trusts; i++) {
            made.add(trust(keystone, custodian, domainId, trustee, tenant, name(cluster, "purpose-" + i)));
        }
        return new GivenDelegation(domainId, custodian, trustee, List.copyOf(made));
    }

    /** Id of a trust to the token issuer's user, with this name. */
    static String trustToIssuer(TestKeystone keystone, String domain, Tenant tenant, Instant name) {
        var domainId = keystone.domainId(domain);
        var issuer = keystone.makeUser(domainId, UserNames.ISSUER, PASSWORD);
        return trust(keystone, custodian(keystone, domainId, tenant), domainId, issuer, tenant, name);
    }

    static Instant name(String cluster, String purpose) {
        return TrustName.of(cluster, purpose, new TreeSet<>(Set.of(ROLE)), 1, 0);
    }

    private static String trust(
            TestKeystone keystone, String custodian, String domainId, String trustee, Tenant tenant, Instant name) {
        return keystone.makeTrust(custodian, PASSWORD, domainId, trustee, tenant.project(), ROLE, name);
    }

    private static String custodian(TestKeystone keystone, String domainId, Tenant tenant) {
        var custodian = keystone.makeUser(domainId, UserNames.custodian(tenant.project()), PASSWORD);
        keystone.grant(custodian, tenant.project(), ROLE);
        return custodian;
    }
}
