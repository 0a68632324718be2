package lanyard.revoker;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
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
        var domainId =
                switch (admin.findDomain(domain)) {
                    case Reply.Missing<String>() -> must(admin.createDomain(domain, "made by a test"));
                    case Reply<String> reply -> must(reply);
                };
        var custodian = must(admin.createUser(domainId, "custodian-" + cluster, PASSWORD, "made by a test"))
                .id();
        keystone.grant(custodian, tenant.project(), ROLE);
        var trustee = must(admin.createUser(domainId, cluster, PASSWORD, "made by a test"))
                .id();
        var made = new ArrayList<String>();
        for (int i = 0; i < trusts; i++) {
            made.add(must(admin.createTrust(new Trustor(custodian, PASSWORD), trustee, tenant.project(), Set.of(ROLE)))
                    .id());
        }
        return new GivenDelegation(domainId, custodian, trustee, List.copyOf(made));
    }

    private static <T> T must(Reply<T> reply) {
        if (reply instanceof Reply.Done<T>(var value)) {
            return value;
        }
        throw new IllegalStateException("Keystone answered " + reply);
    }
}
