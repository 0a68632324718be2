package lanyard.common.delegation;

import java.util.List;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.Reply;

/** A cluster's trusts to the token issuer's user, which are told from its neighbours' by their names alone. */
public final class TrustsToIssuer {
    private TrustsToIssuer() {}

    /**
     * The trusts from the project's custodian to the token issuer's user that are called as the cluster's are; none where either user
     * is gone, because a user's trusts go with it.
     */
    public static Reply<List<Trust>> of(KeystoneAdmin keystone, String domainId, String project, String cluster) {
        var found = keystone.findUser(domainId, UserNames.custodian(project))
                .then(custodian -> keystone.findUser(domainId, UserNames.ISSUER)
                        .then(issuer -> keystone.trustsBetween(custodian.id(), issuer.id())));
        return found instanceof Reply.Missing<List<Trust>>()
                ? new Reply.Done<>(List.of())
                : found.map(trusts -> trusts.stream()
                        .filter(trust -> TrustName.isOf(cluster, trust.expiresAt()))
                        .toList());
    }
}
