package lanyard.tokenissuer.door;

import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.function.Function;
import lanyard.common.database.Transactions;
import lanyard.common.events.TokenIssued;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.events.TokenRevoked;
import lanyard.common.keystone.Reply;
import lanyard.common.outbox.Outbox;
import lanyard.common.secrets.Secret;
import lanyard.tokenissuer.AuditTrail;
import lanyard.tokenissuer.BusWatch;
import lanyard.tokenissuer.Held;
import lanyard.tokenissuer.TokenCache;
import lanyard.tokenissuer.door.AuthRequest.ByToken;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import lanyard.tokenissuer.door.GivenTokens.Given;
import lanyard.tokenissuer.door.GivenTokens.Shown;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * What a cluster may do with a token that the door gave: have it again, look at it, and give it back.
 *
 * <p>A token for a token is always the very same one. So no exchange ever lengthens a life or widens a scope.
 */
@Singleton
class ShowToken {
    private final GivenTokens given;
    private final BusWatch bus;
    private final AuditTrail audit;
    private final Transactions transactions;
    private final Outbox outbox;

    ShowToken(GivenTokens given, BusWatch bus, AuditTrail audit, Transactions transactions, Outbox outbox) {
        this.given = given;
        this.bus = bus;
        this.audit = audit;
        this.transactions = transactions;
        this.outbox = outbox;
    }

    /** The token again. Blocks. */
    Outcome again(ByToken request, Caller caller) {
        return switch (look(request.token())) {
            case Shown.Good(var shown) -> again(shown, request.scope(), caller);
            case Shown.Bad() -> new Outcome.Refused(Hindrance.UNKNOWN_TOKEN);
            case Shown.Unknown(var why) -> new Outcome.Unavailable(why);
        };
    }

    private Outcome again(Given shown, Scope scope, Caller caller) {
        var what = shown.what();
        var own =
                switch (scope) {
                    case Scope.Unsaid _, Scope.Trust _ -> true;
                    case Scope.ProjectById(var id) -> id.equals(what.project());
                    case Scope.ProjectByName(var name, var domain) ->
                        Bodies.isOfProject(shown.token().body(), name, domain);
                };
        var credential = given.credential(shown, scope instanceof Scope.Trust(var trust) ? trust : null);
        if (!own || credential == null) {
            return new Outcome.Refused(Hindrance.WRONG_PROJECT);
        }
        var told = audit.tell(new TokenIssued(
                what.cluster(),
                what.purpose(),
                credential.id(),
                Source.CACHE,
                shown.token().expiresAt(),
                caller.address(),
                caller.request()));
        return told ? new Outcome.Granted(shown.token(), Source.CACHE) : new Outcome.Unavailable(Hindrance.AUDIT_FULL);
    }

    /** What may be seen of a token with another one, which is usually the same. */
    sealed interface Sight {
        record Seen(Held token) implements Sight {}

        /** The token that asks is not good. */
        record Unauthorized() implements Sight {}

        /** There is no such token, as far as this cluster may know. */
        record NotFound() implements Sight {}

        record Unavailable(Hindrance why) implements Sight {}
    }

    /** Looks at the token {@code subject} with the token {@code auth}. Blocks. */
    Sight see(Secret auth, Secret subject) {
        return both(auth, subject, shown -> new Sight.Seen(shown.token()));
    }

    /** Gives back the token {@code subject}: Keystone revokes it, and every replica forgets it. Blocks. */
    Sight revoke(Secret auth, Secret subject, Caller caller) {
        return both(auth, subject, shown -> {
            var reply = given.revoke(shown);
            if (!(reply instanceof Reply.Done<Void>) && !TokenCache.isRefusal(reply)) {
                return new Sight.Unavailable(Hindrance.KEYSTONE_UNAVAILABLE);
            }
            var credential = given.credential(shown, null);
            if (credential != null) {
                transactions.call(session -> told(session, credential.id(), shown, caller));
            }
            return new Sight.Seen(shown.token());
        });
    }

    private Uni<Void> told(Mutiny.Session session, String credential, Given shown, Caller caller) {
        return outbox.append(
                session,
                new TokenRevoked(
                        shown.what().cluster(),
                        shown.what().purpose(),
                        credential,
                        caller.address(),
                        caller.request()));
    }

    private Sight both(Secret auth, Secret subject, Function<Given, Sight> use) {
        return switch (look(auth)) {
            case Shown.Bad() -> new Sight.Unauthorized();
            case Shown.Unknown(var why) -> new Sight.Unavailable(why);
            case Shown.Good(var asking) ->
                switch (auth.equals(subject) ? new Shown.Good(asking) : look(subject)) {
                    case Shown.Good(var shown)
                    when shown.what().cluster().equals(asking.what().cluster()) -> use.apply(shown);
                    case Shown.Good _, Shown.Bad() -> new Sight.NotFound();
                    case Shown.Unknown(var why) -> new Sight.Unavailable(why);
                };
        };
    }

    private Shown look(Secret token) {
        return bus.isCurrent() ? given.look(token) : new Shown.Unknown(Hindrance.BUS_LOST);
    }
}
