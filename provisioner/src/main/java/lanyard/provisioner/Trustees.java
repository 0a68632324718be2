package lanyard.provisioner;

import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.provisioner.Provisioning.Backend;

/** The users to which is delegated: a cluster's own, and the token issuer's one user for all clusters. */
@ApplicationScoped
class Trustees {
    private static final int UNAUTHORIZED = 401;
    private static final int ISSUER_GENERATION = 1;

    private final KeystoneAdmin keystone;
    private final KeystoneTokens tokens;
    private final LanyardDomain domain;
    private final KeyRing keys;

    Trustees(KeystoneAdmin keystone, KeystoneTokens tokens, LanyardDomain domain, KeyRing keys) {
        this.keystone = keystone;
        this.tokens = tokens;
        this.domain = domain;
        this.keys = keys;
    }

    /**
     * The cluster's own trustee. With a new backend it has that one's password for certain, whoever made the user; with one that was
     * announced its password, and every token that it gave, stays.
     */
    Attempt<Trustee> own(String cluster, Backend backend) {
        var generation = backend.generation();
        var password = keys.derive(generation.key(), Purpose.TRUSTEE, cluster, generation.generation());
        return domain.within(domainId -> {
            // A password costs Keystone a bcrypt, also for a user that turns out to be there: the first time it hardly
            // ever is.
            var isFirst = backend.isNew() && generation.generation() == 1;
            var found = isFirst ? new Reply.Missing<User>() : keystone.findUser(domainId, cluster);
            if (found instanceof Reply.Missing<User>()) {
                var made = keystone.createUser(domainId, cluster, password, "Lanyard's trustee of cluster " + cluster);
                if (!(made instanceof Reply.Conflict<User>())) {
                    return trustee(made, domainId);
                }
                found = keystone.findUser(domainId, cluster);
            }
            return trustee(backend.isNew() ? found.then(user -> reset(user, password)) : found, domainId);
        });
    }

    private static Attempt<Trustee> trustee(Reply<User> reply, String domainId) {
        return Attempt.of("make the trustee", reply).map(user -> new Trustee(user.id(), user.name(), domainId));
    }

    /**
     * Id of the token issuer's user.
     *
     * @param doubtful whether Keystone may have refused it: if it can't log in, it gets its password anew
     */
    Attempt<String> issuer(boolean doubtful) {
        var password = keys.derive(keys.current(), Purpose.ISSUER, UserNames.ISSUER, ISSUER_GENERATION);
        return domain.within(domainId -> Attempt.of(
                        "make the token issuer's user",
                        switch (keystone.findUser(domainId, UserNames.ISSUER)) {
                            case Reply.Missing<User>() ->
                                keystone.createUser(
                                        domainId, UserNames.ISSUER, password, "The user of Lanyard's token issuer");
                            case Reply.Done<User>(var user) when doubtful -> ableToLogIn(user, password);
                            case Reply<User> found -> found;
                        }))
                .map(User::id);
    }

    private Reply<User> ableToLogIn(User issuer, Secret password) {
        var reply = tokens.logIn(new ServiceUser(UserNames.ISSUER, domain.name(), password));
        return reply instanceof Reply.Denied<Token>(int status, var _) && status == UNAUTHORIZED
                ? reset(issuer, password)
                : reply.map(token -> issuer);
    }

    private Reply<User> reset(User user, Secret password) {
        return keystone.resetPassword(user.id(), password).map(nothing -> user);
    }
}
