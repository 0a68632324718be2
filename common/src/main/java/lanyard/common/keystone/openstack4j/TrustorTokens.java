package lanyard.common.keystone.openstack4j;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Identity;
import lanyard.common.keystone.openstack4j.Authentication.Scope;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;

/**
 * The tokens of trustors. A login by password costs Keystone a bcrypt, a trust by an old token none; and a token without scope
 * suffices to make a trust (seen on Keystone 22).
 *
 * <p>Kept are those of the last {@value #MOST} trustors that were used.
 */
final class TrustorTokens {
    private static final int MOST = 1000;

    private final Authentication authentication;
    private final Calls calls;
    private final InstantSource clock;

    private final Map<String, Login> logins = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Login> eldest) {
            return size() > MOST;
        }
    };

    private record Login(Secret password, KeptToken token) {}

    TrustorTokens(Authentication authentication, Calls calls, InstantSource clock) {
        this.authentication = authentication;
        this.calls = calls;
        this.clock = clock;
    }

    /**
     * Calls as the trustor. If the token was an old one and Keystone refuses the call or does not know what it is about, once more
     * with a new one: an old token may have been revoked with the roles or the password that it stood on. And if Keystone takes the
     * password but not the token that it gave for it, once more after the {@link RevocationSecond}.
     */
    <T> Reply<T> as(Trustor trustor, Function<Secret, Reply<T>> call) {
        var token = login(trustor).token();
        var old = token.peek();
        return token.get().then(first -> {
            var reply = call.apply(first);
            return old != null && old.equals(first) && isRefusal(reply)
                    ? again(token, first, second -> orAfterTheSecond(token, second, call.apply(second), call))
                    : orAfterTheSecond(token, first, reply, call);
        });
    }

    private static <T> Reply<T> orAfterTheSecond(
            KeptToken token, Secret used, Reply<T> reply, Function<Secret, Reply<T>> call) {
        if (!(reply instanceof Reply.Denied<T>(int status, var _) && status == 401)) {
            return reply;
        }
        RevocationSecond.pass();
        return again(token, used, call);
    }

    private static <T> Reply<T> again(KeptToken token, Secret refused, Function<Secret, Reply<T>> call) {
        token.drop(refused);
        return token.get().then(call);
    }

    /** Forgets a user's token: with the password or the user Keystone revokes it. */
    void forget(String userId) {
        synchronized (logins) {
            logins.remove(userId);
        }
    }

    private Login login(Trustor trustor) {
        synchronized (logins) {
            return logins.compute(
                    trustor.userId(),
                    (id, login) -> login != null && login.password().equals(trustor.password())
                            ? login
                            : new Login(trustor.password(), new KeptToken(() -> logIn(trustor), clock)));
        }
    }

    private Reply<Authentication.Issued> logIn(Trustor trustor) {
        return calls.timed(
                Operation.LOGIN,
                () -> authentication.byPassword(
                        new Identity.ById(trustor.userId()), trustor.password(), new Scope.Unscoped()));
    }

    private static boolean isRefusal(Reply<?> reply) {
        return switch (reply) {
            case Reply.Missing<?> _ -> true;
            case Reply.Denied<?>(int status, var _) -> status == 401 || status == 403;
            case Reply.Done<?> _, Reply.Conflict<?> _, Reply.Unavailable<?> _ -> false;
        };
    }
}
