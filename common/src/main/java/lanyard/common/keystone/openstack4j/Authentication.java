package lanyard.common.keystone.openstack4j;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import org.openstack4j.core.transport.ClientConstants;
import org.openstack4j.core.transport.HttpMethod;

/**
 * Keystone's {@code POST /v3/auth/tokens}: a password or a token for a new token
 * (https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management).
 *
 * <p>openstack4j's own authentication parses the body away and can't ask for a token without a scope; its transport is used.
 */
final class Authentication {
    /** What can be a header's value. Keystone's Fernet and JWS tokens are some hundred characters of base64url. */
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,8192}");

    /** Nobody's tokens live longer; times beyond the calendar's end would be no better than garbage. */
    private static final Duration LONGEST_LIFETIME = Duration.ofDays(366);

    private final KeystoneConnection connection;

    Authentication(KeystoneConnection connection) {
        this.connection = connection;
    }

    /** Who logs in. */
    sealed interface Identity {
        record ById(String userId) implements Identity {}

        record ByName(String name, String domain) implements Identity {}
    }

    /** What the token is to be good for. */
    sealed interface Scope {
        /** For nothing but being exchanged, and for making trusts. Said outright, or a user's default project would be taken. */
        record Unscoped() implements Scope {}

        record Project(String name, String domain) implements Scope {}

        record Trust(String id) implements Scope {}
    }

    /**
     * A token as Keystone handed it out.
     *
     * @param lifetime the time between its issue and its end, by Keystone's clock alone
     */
    record Issued(Secret token, Instant expiresAt, Duration lifetime, String body) {}

    /** Logs in by password, which costs Keystone a bcrypt of about a quarter of a second. */
    Reply<Issued> byPassword(Identity who, Secret password, Scope scope) {
        var user = BufferedAnswer.JSON.createObjectNode().put("password", password.reveal());
        switch (who) {
            case Identity.ById(var id) -> user.put("id", id);
            case Identity.ByName(var name, var domain) ->
                user.put("name", name).putObject("domain").put("name", domain);
        }
        var identity = BufferedAnswer.JSON.createObjectNode();
        identity.putArray("methods").add("password");
        identity.putObject("password").set("user", user);
        return authenticate(identity, scope);
    }

    /** Exchanges a token for one of another scope, which is cheap. The new one inherits the old one's end. */
    Reply<Issued> byToken(Secret token, Scope scope) {
        var identity = BufferedAnswer.JSON.createObjectNode();
        identity.putArray("methods").add("token");
        identity.putObject("token").put("id", token.reveal());
        return authenticate(identity, scope);
    }

    /** What Keystone says of a token, asked with itself. */
    Reply<Issued> validate(Secret token) {
        return Calls.attempt(() -> new Reply.Done<>(
                issued(connection.withToken(HttpMethod.GET, ClientConstants.PATH_TOKENS, token, token))));
    }

    /** Revokes a token, with itself. */
    Reply<Void> revoke(Secret token) {
        return Calls.attempt(() -> {
            connection
                    .withToken(HttpMethod.DELETE, ClientConstants.PATH_TOKENS, token, token)
                    .orFail();
            return Reply.done();
        });
    }

    private Reply<Issued> authenticate(ObjectNode identity, Scope scope) {
        var request = BufferedAnswer.JSON.createObjectNode();
        var auth = request.putObject("auth");
        auth.set("identity", identity);
        var scopes = auth.putObject("scope");
        switch (scope) {
            case Scope.Unscoped() -> scopes.putObject("unscoped");
            case Scope.Project(var name, var domain) ->
                scopes.putObject("project")
                        .put("name", name)
                        .putObject("domain")
                        .put("name", domain);
            case Scope.Trust(var id) -> scopes.putObject("OS-TRUST:trust").put("id", id);
        }
        try {
            return new Reply.Done<>(
                    issued(connection.anonymously(HttpMethod.POST, ClientConstants.PATH_TOKENS, request.toString())));
        } catch (Failed failed) {
            // A login that finds nothing must not pass for a user, role or trust that is not there.
            return switch (failed.<Issued>reply()) {
                case Reply.Missing<Issued>() -> new Reply.Denied<>(404, "Keystone refuses the login: 404 Not Found");
                case Reply.Conflict<Issued>() -> new Reply.Denied<>(409, "Keystone refuses the login: 409 Conflict");
                case Reply.Denied<Issued>(int status, var why) -> new Reply.Denied<>(status, why + ", at the login");
                case Reply<Issued> other -> other;
            };
        }
    }

    private static Issued issued(BufferedAnswer answer) {
        answer.orFail();
        var token = answer.tree().path("token");
        var id = answer.header(ClientConstants.HEADER_X_SUBJECT_TOKEN);
        if (id == null || !TOKEN.matcher(id).matches()) {
            throw Failed.malformed("a token");
        }
        var expiresAt = Fields.time(token.path("expires_at"), "a token");
        var lifetime = Duration.between(Fields.time(token.path("issued_at"), "a token"), expiresAt);
        if (lifetime.isNegative() || lifetime.compareTo(LONGEST_LIFETIME) > 0) {
            throw Failed.malformed("a token");
        }
        return new Issued(Secret.of(id), expiresAt, lifetime, answer.text());
    }
}
