package lanyard.common.keystone.openstack4j;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import java.util.function.Supplier;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Authentication.Identity;
import lanyard.common.keystone.openstack4j.Authentication.Issued;
import lanyard.common.keystone.openstack4j.Authentication.Scope;
import lanyard.common.keystone.openstack4j.Calls.Operation;
import lanyard.common.secrets.Secret;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The administrator's token: one login by password per token lifetime for a token without scope, which is exchanged for one of the
 * project, and again whenever Keystone no longer takes that.
 */
final class AdminToken {
    private static final Logger LOG = Logger.getLogger(AdminToken.class);

    /**
     * After a refused login Keystone is left in peace for so long, and for twice as long after each further one with the same password:
     * it counts failures, and may lock the user out.
     */
    private static final Duration FIRST_REST = Duration.ofSeconds(5);

    private static final Duration LONGEST_REST = Duration.ofMinutes(15);

    private final Authentication authentication;
    private final Calls calls;
    private final InstantSource clock;
    private final Identity who;
    private final Supplier<Secret> password;
    private final Scope.Project project;
    private final KeptToken login;
    private final KeptToken scoped;
    /** The password that was sent last. */
    private volatile Secret sent;

    private volatile @Nullable Refusal refusal;

    private record Refusal(Secret password, Reply<Issued> reply, Duration rest, Instant until) {}

    /** @throws IllegalArgumentException when the administrator's settings are not all there */
    AdminToken(KeystoneConfig config, Authentication authentication, Calls calls, InstantSource clock) {
        who = new Identity.ByName(
                KeystoneSettings.needed(config.username(), "LANYARD_KEYSTONE_USERNAME"), config.userDomain());
        password = KeystoneSettings.password(config);
        sent = password.get();
        project = new Scope.Project(
                KeystoneSettings.needed(config.project(), "LANYARD_KEYSTONE_PROJECT"), config.projectDomain());
        this.authentication = authentication;
        this.calls = calls;
        this.clock = clock;
        login = new KeptToken(this::logIn, clock);
        scoped = new KeptToken(this::exchange, clock);
        calls.show(
                "lanyard.keystone.login.refused", "Whether Keystone refuses the administrator", () -> refusal != null);
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
        Secret current;
        try {
            current = password.get();
        } catch (IllegalArgumentException e) {
            return new Reply.Unavailable<>(String.valueOf(e.getMessage()));
        }
        var refused = refusal;
        if (refused != null
                && refused.password().equals(current)
                && clock.instant().isBefore(refused.until())) {
            return refused.reply();
        }
        sent = current;
        return restIfDenied(
                calls.timed(Operation.LOGIN, () -> authentication.byPassword(who, current, new Scope.Unscoped())));
    }

    private Reply<Issued> exchange() {
        var old = login.peek();
        return login.get().then(token -> {
            var reply = exchange(token);
            if (!(reply instanceof Reply.Denied<Issued>)) {
                return reply;
            }
            login.drop(token);
            return old != null && old.equals(token)
                    ? login.get().then(another -> restIfDenied(exchange(another)))
                    : restIfDenied(reply);
        });
    }

    private Reply<Issued> exchange(Secret token) {
        var reply = calls.timed(Operation.EXCHANGE, () -> authentication.byToken(token, project));
        if (reply instanceof Reply.Done<Issued>) {
            refusal = null;
        }
        return reply;
    }

    private Reply<Issued> restIfDenied(Reply<Issued> reply) {
        if (!(reply instanceof Reply.Denied<Issued>(int status, var why))) {
            return reply;
        }
        var last = refusal;
        var rest = last == null || !last.password().equals(sent)
                ? FIRST_REST
                : last.rest().multipliedBy(2);
        rest = rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST;
        var told = new Reply.Denied<Issued>(
                status,
                ("the administrator's password was changed, or that user is disabled, locked out or without its role: mend that, or"
                                + " give Lanyard the new password (%s)")
                        .formatted(why));
        LOG.warnf("Keystone is not asked with the same password for %s: %s", rest, told.why());
        refusal = new Refusal(sent, told, rest, clock.instant().plus(rest));
        return told;
    }
}
