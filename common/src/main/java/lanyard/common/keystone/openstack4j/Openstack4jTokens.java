package lanyard.common.keystone.openstack4j;

import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Identity;
import lanyard.common.keystone.openstack4j.Authentication.Issued;
import lanyard.common.keystone.openstack4j.Authentication.Scope;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;

/** {@link KeystoneTokens} over openstack4j's transport. */
final class Openstack4jTokens implements KeystoneTokens {
    private final Authentication authentication;
    private final Calls calls;
    private final InstantSource clock;
    private final Ping ping;

    /** The service users' own tokens. There is one such user, and another one only after its key was changed. */
    private final Map<ServiceUser, KeptToken> logins = new ConcurrentHashMap<>();

    Openstack4jTokens(KeystoneConnection connection, Calls calls, InstantSource clock) {
        this.authentication = new Authentication(connection);
        this.calls = calls;
        this.clock = clock;
        this.ping = new Ping(connection, calls);
    }

    @Override
    public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
        return calls.timed(Operation.ISSUE_TOKEN, () -> authentication
                .byPassword(new Identity.ById(trusteeId), password, new Scope.Trust(trustId))
                .map(Openstack4jTokens::token));
    }

    @Override
    public Reply<Token> issue(ServiceUser trustee, String trustId) {
        var login = logins.computeIfAbsent(trustee, user -> KeptToken.forExchange(() -> passwordLogin(user), clock));
        var old = login.peek();
        return login.get().then(first -> {
            var reply = exchange(first, trustId);
            if (!(reply instanceof Reply.Denied<Token>) || old == null || !old.equals(first)) {
                return reply;
            }
            // An old token may have been revoked, with the user's password for instance.
            login.drop(first);
            return login.get().then(second -> exchange(second, trustId));
        });
    }

    private Reply<Token> exchange(Secret token, String trustId) {
        return calls.timed(
                Operation.EXCHANGE_TOKEN,
                () -> authentication.byToken(token, new Scope.Trust(trustId)).map(Openstack4jTokens::token));
    }

    @Override
    public Reply<Token> logIn(ServiceUser user) {
        return passwordLogin(user).map(Openstack4jTokens::token);
    }

    private Reply<Issued> passwordLogin(ServiceUser user) {
        return calls.timed(
                Operation.LOGIN,
                () -> authentication.byPassword(
                        new Identity.ByName(user.name(), user.domainName()), user.password(), new Scope.Unscoped()));
    }

    @Override
    public Reply<Token> validate(Secret token) {
        return calls.timed(
                Operation.VALIDATE_TOKEN, () -> authentication.validate(token).map(Openstack4jTokens::token));
    }

    @Override
    public Reply<Void> revoke(Secret token) {
        return calls.timed(Operation.REVOKE_TOKEN, () -> authentication.revoke(token));
    }

    @Override
    public Reply<Void> ping() {
        return ping.ping();
    }

    private static Token token(Issued issued) {
        return new Token(issued.token(), issued.expiresAt(), issued.lifetime(), issued.body());
    }
}
