package lanyard.common.delegation;

import java.util.List;
import java.util.stream.Collectors;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;

/** The trusts that a custodian has to be kept for. */
public final class TrustsFromCustodian {
    private TrustsFromCustodian() {}

    /**
     * The trusts from the custodian to a user of Lanyard's domain that there is: to nobody else does Lanyard make one.
     *
     * <p>A user's trusts go with it, but for one that is made just then. Keystone sees that there is a trustee before it makes the trust,
     * and not again (seen on Keystone 22, and in {@code keystone/api/trusts.py}). Nobody can use what it makes so, and it goes with
     * the custodian, so it must not be what keeps that.
     */
    public static Reply<List<Trust>> of(KeystoneAdmin keystone, String domainId, String custodianId) {
        return keystone.trustsFrom(custodianId)
                .then(trusts -> trusts.isEmpty()
                        ? new Reply.Done<>(trusts)
                        : keystone.listUsers(domainId).map(users -> {
                            if (users.truncated()) {
                                return trusts;
                            }
                            var there = users.users().stream().map(User::id).collect(Collectors.toUnmodifiableSet());
                            return trusts.stream()
                                    .filter(trust -> there.contains(trust.trusteeId()))
                                    .toList();
                        }));
    }
}
