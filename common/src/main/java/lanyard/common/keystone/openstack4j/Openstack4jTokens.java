package lanyard.common.keystone.openstack4j;

import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Identity;
import lanyard.common.keystone.openstack4j.Authentication.Scope;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;

/** {@link KeystoneTokens} over openstack4j's transport. */
final class Openstack4jTokens implements KeystoneTokens {
    private final Authentication authentication;
    private final Calls calls;
    private final Ping ping;

    Openstack4jTokens(KeystoneConnection connection, Calls calls) {
        this.authentication = new Authentication(connection);
        this.calls = calls;
        this.ping = new Ping(connection, calls);
    }

    @Override
    public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
        return calls.timed(Operation.ISSUE_TOKEN, () -> authentication
                .byPassword(new Identity.ById(trusteeId), password, new Scope.Trust(trustId))
                .map(issued -> new Token(issued.token(), issued.expiresAt(), issued.body())));
    }

    @Override
    public Reply<Void> ping() {
        return ping.ping();
    }
}
