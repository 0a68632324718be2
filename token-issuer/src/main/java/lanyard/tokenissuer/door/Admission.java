package lanyard.tokenissuer.door;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import lanyard.tokenissuer.Clusters.Name;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.Delegated;
import lanyard.tokenissuer.Served;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredential;
import lanyard.tokenissuer.door.AuthRequest.ByApplicationCredentialName;
import lanyard.tokenissuer.door.AuthRequest.ByPassword;
import lanyard.tokenissuer.door.AuthRequest.BySecret;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.AuthRequest.User;
import org.jspecify.annotations.Nullable;

/** Who a login is for, and whether it is let in. Pure. */
final class Admission {
    private final String domainName;

    /** @param domainName name of the Keystone domain in which trustees are, which is also what clients are told as its id */
    Admission(String domainName) {
        this.domainName = domainName;
    }

    /** Whether a login is let in. */
    sealed interface Verdict {
        record Admitted(Served served, Credential credential, Delegated what) implements Verdict {}

        record Refused(Hindrance why) implements Verdict {}
    }

    /** What a login claims to be for; whatever the client sent. */
    static Name name(BySecret login) {
        return switch (login) {
            case ByApplicationCredential(var id, var secret) -> new Name.OfCredential(id);
            case ByApplicationCredentialName(var name, var user, var secret) -> nameOf(user);
            case ByPassword(var user, var secret, Scope.Trust(var trust)) -> new Name.OfCredential(trust);
            case ByPassword(var user, var secret, var scope) -> nameOf(user);
        };
    }

    private static Name nameOf(User user) {
        return switch (user) {
            case User.ById(var id) -> new Name.OfCredential(id);
            case User.ByName(var cluster, var domain) -> new Name.OfCluster(cluster);
        };
    }

    /** The credentials that a login may mean: one, where it says its id. */
    Collection<Credential> candidates(BySecret login, @Nullable Served served) {
        return served == null
                ? List.of()
                : switch (name(login)) {
                    case Name.OfCredential(var id) -> {
                        var named = served.credentials().get(id);
                        yield named == null ? List.of() : List.of(named);
                    }
                    case Name.OfCluster _ -> served.credentials().values();
                };
    }

    /**
     * @param genuine the credential whose secret was presented; {@code null} if it is none's
     */
    Verdict admit(
            BySecret login,
            @Nullable Served served,
            @Nullable Credential genuine,
            Caller caller,
            boolean certificateRequired,
            Instant now) {
        if (served == null || candidates(login, served).isEmpty()) {
            return new Verdict.Refused(Hindrance.UNKNOWN_CREDENTIAL);
        }
        if (genuine == null) {
            return new Verdict.Refused(Hindrance.WRONG_SECRET);
        }
        if (!agrees(login, served, genuine)) {
            return new Verdict.Refused(Hindrance.WRONG_USER);
        }
        if (caller.certified() == null
                ? certificateRequired
                : !caller.certified().contains(served.cluster())) {
            return new Verdict.Refused(Hindrance.WRONG_CERTIFICATE);
        }
        if (served.revoked()) {
            return new Verdict.Refused(Hindrance.REVOKED);
        }
        if (genuine.isOver(now)) {
            return new Verdict.Refused(Hindrance.SUPERSEDED);
        }
        var what = served.behind(genuine, now);
        if (what == null) {
            return new Verdict.Refused(Hindrance.NOTHING_DELEGATED);
        }
        return isOwn(scope(login), genuine, what)
                ? new Verdict.Admitted(served, genuine, what)
                : new Verdict.Refused(Hindrance.WRONG_PROJECT);
    }

    /** Whether all else that the client said of itself fits the credential. */
    private boolean agrees(BySecret login, Served served, Credential credential) {
        return switch (login) {
            case ByApplicationCredentialName(var name, var user, var secret) ->
                name.equals(credential.purpose()) && agrees(user, served, credential);
            case ByPassword(var user, var secret, var scope) -> agrees(user, served, credential);
            case ByApplicationCredential _ -> true;
        };
    }

    private boolean agrees(User user, Served served, Credential credential) {
        return switch (user) {
            case User.ById(var id) -> id.equals(credential.id());
            case User.ByName(var name, Domain(var id, var domain)) ->
                name.equals(served.cluster())
                        && (domainName.equals(domain)
                                || domainName.equals(id)
                                || (id != null && id.equals(served.trusteeDomain())));
        };
    }

    static Scope scope(BySecret login) {
        return switch (login) {
            case ByPassword(var user, var secret, var scope) -> scope;
            case ByApplicationCredential _, ByApplicationCredentialName _ -> new Scope.Unsaid();
        };
    }

    /**
     * Whether a scope is what the credential is for anyway. A project's name is known with its token only, and looked at then.
     */
    private static boolean isOwn(Scope scope, Credential credential, Delegated what) {
        return switch (scope) {
            case Scope.Unsaid() -> true;
            case Scope.Trust(var id) -> id.equals(credential.id());
            case Scope.ProjectById(var id) -> id.equals(what.project());
            case Scope.ProjectByName _ -> true;
        };
    }
}
