package lanyard.tokenissuer.door;

import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.Credential;

/** What the body of a {@code POST /v3/auth/tokens} asks for. */
sealed interface AuthRequest {
    /** Somebody logs in with a client credential. */
    sealed interface Login extends AuthRequest {
        /** The id of the credential that it claims to hold; whatever the client sent. */
        String credentialId();

        Secret secret();

        /**
         * Whether all else that the client said fits the credential of that id.
         *
         * @param domainName name of the Keystone domain in which trustees are
         */
        boolean agreesWith(Credential credential, String domainName);
    }

    /** By the method {@code application_credential}, by id, which takes no scope. */
    record ByApplicationCredential(String id, Secret secret) implements Login {
        @Override
        public String credentialId() {
            return id;
        }

        @Override
        public boolean agreesWith(Credential credential, String domainName) {
            return true;
        }
    }

    /** By the method {@code password}, scoped by {@code OS-TRUST:trust}: the trust names the credential. */
    record ByTrust(User user, Secret secret, String trust) implements Login {
        @Override
        public String credentialId() {
            return trust;
        }

        @Override
        public boolean agreesWith(Credential credential, String domainName) {
            return switch (user) {
                case User.ById(var id) -> id.equals(credential.id());
                case User.ByName(var name, Domain.ById(var domain)) ->
                    name.equals(credential.cluster()) && domain.equals(credential.trusteeDomain());
                case User.ByName(var name, Domain.ByName(var domain)) ->
                    name.equals(credential.cluster()) && domain.equals(domainName);
            };
        }
    }

    /** A user as the method {@code password} names it. */
    sealed interface User {
        record ById(String id) implements User {}

        record ByName(String name, Domain domain) implements User {}
    }

    /** A user's domain. */
    sealed interface Domain {
        record ById(String id) implements Domain {}

        record ByName(String name) implements Domain {}
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
