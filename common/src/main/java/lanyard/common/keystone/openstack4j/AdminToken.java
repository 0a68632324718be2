package lanyard.common.keystone.openstack4j;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Identity;
import lanyard.common.keystone.openstack4j.Authentication.Issued;
import lanyard.common.keystone.openstack4j.Authentication.Scope;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/**
 * The administrator's token: one login by password per token lifetime for a token without scope, which is exchanged for one of the
 * project, and again whenever Keystone no longer takes that.
 */
final class AdminToken {
    /** After a refused password Keystone is left in peace for so long: it counts failures, and may lock the user out. */
    private static final Duration REST = Duration.ofSeconds(5);

    private final Authentication authentication;
    private final Calls calls;
    private final InstantSource clock;
    private final Identity who;
    private final Secret password;
    private final Scope.Project project;
    private final KeptToken login;
    private final KeptToken scoped;
    private volatile @Nullable Refusal refusal;

    private record Refusal(Reply<Issued> reply, Instant until) {}

    /** @throws IllegalArgumentException when the administrator's settings are not all there */
    AdminToken(KeystoneConfig config, Authentication authentication, Calls calls, InstantSource clock) {
        who = new Identity.ByName(
                KeystoneSettings.needed(config.username(), "LANYARD_KEYSTONE_USERNAME"), config.userDomain());
        password = KeystoneSettings.needed(config.password(), "LANYARD_KEYSTONE_PASSWORD");
        project = new Scope.Project(
                KeystoneSettings.needed(config.project(), "LANYARD_KEYSTONE_PROJECT"), config.projectDomain());
        this.authentication = authentication;
        this.calls = calls;
        this.clock = clock;
        login = new KeptToken(this::logIn, clock);
        scoped = new KeptToken(this::exchange, clock);
    }

    /** The token to call with; a failure is never {@link Reply.Missing} nor {@link Reply.Conflict}. */
    Reply<Secret> get() {
        return scoped.get();
    }

    /** Calls with the token, and once more with another if the first is no longer taken (401): it may have been revoked. */
    <T> Reply<T> as(Function<Secret, Reply<T>> call) {
        return get().then(token -> {
            var reply = call.apply(token);
            if (reply instanceof Reply.Denied<T>(int status, var _) && status == 401) {
                drop(token);
                return get().then(call);
            }
            return reply;
        });
    }

    /** Keystone answered 401 to this token: it may have been revoked, or Keystone's keys were changed. */
    void drop(Secret refused) {
        scoped.drop(refused);
    }

    private Reply<Issued> logIn() {
        var refused = refusal;
        if (refused != null && clock.instant().isBefore(refused.until())) {
            return refused.reply();
        }
        return restIfDenied(
                calls.timed(Operation.LOGIN, () -> authentication.byPassword(who, password, new Scope.Unscoped())));
    }

    private Reply<Issued> exchange() {
        var old = login.peek();
        return login.get().then(token -> {
            var reply = exchange(token);
            if (!(reply instanceof Reply.Denied<Issued>)) {
                return reply;
            }
            login.drop(token);
            return restIfDenied(old != null && old.equals(token) ? login.get().then(this::exchange) : reply);
        });
    }

    private Reply<Issued> exchange(Secret token) {
        return calls.timed(Operation.EXCHANGE, () -> authentication.byToken(token, project));
    }

    private Reply<Issued> restIfDenied(Reply<Issued> reply) {
        if (reply instanceof Reply.Denied<Issued>) {
            refusal = new Refusal(reply, clock.instant().plus(REST));
        }
        return reply;
    }
}
