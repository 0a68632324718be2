package lanyard.tokenissuer.door;

import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/** What the body of a {@code POST /v3/auth/tokens} asks for. */
sealed interface AuthRequest {
    /** Somebody logs in with a client credential. */
    sealed interface BySecret extends AuthRequest {
        Secret secret();
    }

    /** By the method {@code application_credential}, by id, which takes no scope. */
    record ByApplicationCredential(String id, Secret secret) implements BySecret {}

    /** By the method {@code application_credential}, by name and user, which takes no scope. */
    record ByApplicationCredentialName(String name, User user, Secret secret) implements BySecret {}

    /** By the method {@code password}. */
    record ByPassword(User user, Secret secret, Scope scope) implements BySecret {}

    /** By the method {@code token}. */
    record ByToken(Secret token, Scope scope) implements AuthRequest {}

    /** A user as a method names it. */
    sealed interface User {
        record ById(String id) implements User {}

        record ByName(String name, Domain domain) implements User {}
    }

    /** A domain, by either. */
    record Domain(@Nullable String id, @Nullable String name) {}

    /** What the token is to be good for. */
    sealed interface Scope {
        /** Not said: what the credential is for. */
        record Unsaid() implements Scope {}

        record Trust(String id) implements Scope {}

        record ProjectById(String id) implements Scope {}

        record ProjectByName(String name, Domain domain) implements Scope {}
    }

    /** A request that Keystone would understand and the door does not serve. To the client it is a login that failed. */
    record Unsupported() implements AuthRequest {}

    /**
     * No request that Keystone would understand.
     *
     * @param why in words for the client; holds nothing of the body
     */
    record Malformed(String why) implements AuthRequest {}
}
