package lanyard.tokenissuer.door;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lanyard.common.events.TokenIssued;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.keystone.Reply;
import lanyard.tokenissuer.AuditTrail;
import lanyard.tokenissuer.BusWatch;
import lanyard.tokenissuer.ClientCredentials;
import lanyard.tokenissuer.Clusters;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.Held;
import lanyard.tokenissuer.Served;
import lanyard.tokenissuer.TokenCache;
import lanyard.tokenissuer.TokenIssuerConfig;
import lanyard.tokenissuer.door.Admission.Verdict;
import lanyard.tokenissuer.door.Admission.Verdict.Admitted;
import lanyard.tokenissuer.door.AuthRequest.BySecret;
import lanyard.tokenissuer.door.AuthRequest.Scope;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Turns a login by secret into a token of Keystone's.
 *
 * <p>What is in memory is answered at once, without any I/O: cluster and token are at hand, and the bus has told of no revocation. All
 * else is done on a thread that may wait. A token that was fetched while something was heard of its cluster is not handed out before
 * the login was looked at anew.
 */
@Singleton
class IssueToken {
    private static final Logger LOG = Logger.getLogger(IssueToken.class);
    private static final int TRIES = 3;

    private final Clusters clusters;
    private final ClientCredentials clientCredentials;
    private final TokenCache tokens;
    private final GivenTokens given;
    private final BusWatch bus;
    private final AuditTrail audit;
    private final Admission admission;
    private final Budget budget;
    private final Duration patience;
    private final boolean certificateRequired;
    private final InstantSource clock;
    private final Executor lookups = Executors.newVirtualThreadPerTaskExecutor();

    IssueToken(
            Clusters clusters,
            ClientCredentials clientCredentials,
            TokenCache tokens,
            GivenTokens given,
            BusWatch bus,
            AuditTrail audit,
            TokenIssuerConfig config,
            InstantSource clock) {
        this.clusters = clusters;
        this.clientCredentials = clientCredentials;
        this.tokens = tokens;
        this.given = given;
        this.bus = bus;
        this.audit = audit;
        this.admission = new Admission(config.domain());
        this.budget = new Budget(config.door().budget().perCredential(), System::nanoTime);
        this.patience = config.door().patience();
        this.certificateRequired = config.door().tls().clientCertificateRequired();
        this.clock = clock;
    }

    /** How a login ends, with the credential that it named, for the audit; {@code null} where it named none that exists. */
    record Ending(Outcome outcome, @Nullable Credential credential) {}

    /** How a login ends, if that can be told from memory; {@code null} if not. Never blocks. */
    @Nullable
    Ending atHand(BySecret login, Caller caller) {
        if (!bus.isCurrent()) {
            return new Ending(new Outcome.Unavailable(Hindrance.BUS_LOST), null);
        }
        var served = clusters.atHand(Admission.name(login));
        if (served == null) {
            return null;
        }
        var judged = judge(login, served, caller);
        if (!(judged.verdict() instanceof Admitted admitted)) {
            return judged.refusal();
        }
        var held = tokens.atHand(admitted.what());
        return held == null || tokens.isSuspect(held, caller.address())
                ? null
                : handOut(login, admitted, held, Source.CACHE, caller);
    }

    /** @param named the credential that the login named or proved; {@code null} if there is none */
    private record Judged(Verdict verdict, @Nullable Credential named) {
        Ending refusal() {
            return switch (verdict) {
                case Verdict.Refused(Hindrance why)
                when why == Hindrance.KEY_MISSING -> new Ending(new Outcome.Unavailable(why), named);
                case Verdict.Refused(var why) -> new Ending(new Outcome.Refused(why), named);
                case Verdict.Admitted _ -> throw new IllegalStateException("an admitted login is not refused");
            };
        }
    }

    private Judged judge(BySecret login, @Nullable Served served, Caller caller) {
        var candidates = admission.candidates(login, served);
        var first = candidates.stream().findFirst().orElse(null);
        var genuine = clientCredentials.genuine(candidates, login.secret());
        if (genuine == null && !clientCredentials.canDerive(candidates)) {
            // The row says so, and so do the metrics: whoever logs in again and again must not fill the log.
            return new Judged(
                    new Verdict.Refused(served != null && served.revoked() ? Hindrance.REVOKED : Hindrance.KEY_MISSING),
                    first);
        }
        return new Judged(
                admission.admit(login, served, genuine, caller, certificateRequired, clock.instant()),
                genuine == null ? first : genuine);
    }

    /** How a login ends. Blocks, for as long as a client is expected to be patient. */
    Ending issue(BySecret login, Caller caller) {
        var deadline = System.nanoTime() + patience.toNanos();
        try {
            for (int tries = 0; tries < TRIES; tries++) {
                var ending = attempt(login, caller, deadline);
                if (ending != null) {
                    return ending;
                }
            }
            return new Ending(new Outcome.Unavailable(Hindrance.CHANGED_MEANWHILE), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Ending(new Outcome.Unavailable(Hindrance.CHANGED_MEANWHILE), null);
        }
    }

    /** As {@link #issue}; {@code null} if something was heard of the cluster meanwhile. */
    private @Nullable Ending attempt(BySecret login, Caller caller, long deadline) throws InterruptedException {
        if (!bus.isCurrent()) {
            return new Ending(new Outcome.Unavailable(Hindrance.BUS_LOST), null);
        }
        Served served;
        try {
            served = CompletableFuture.supplyAsync(() -> clusters.find(Admission.name(login)), lookups)
                    .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // It is still being read, and at hand when the client comes back.
            return new Ending(new Outcome.Unavailable(Hindrance.DATABASE_UNAVAILABLE), null);
        } catch (ExecutionException e) {
            LOG.warnf("a credential that is not in memory can't be looked up: %s", e.getMessage());
            return new Ending(new Outcome.Unavailable(Hindrance.DATABASE_UNAVAILABLE), null);
        }
        var judged = judge(login, served, caller);
        if (!(judged.verdict() instanceof Admitted admitted)) {
            return judged.refusal();
        }
        var held = tokens.atHand(admitted.what());
        if (held == null || !tokens.isAlive(admitted.what(), held)) {
            return fetch(login, admitted, caller, deadline);
        }
        return clusters.isCurrent(admitted.served()) ? handOut(login, admitted, held, Source.CACHE, caller) : null;
    }

    private @Nullable Ending fetch(BySecret login, Admitted admitted, Caller caller, long deadline)
            throws InterruptedException {
        Reply<Held> reply;
        try {
            reply = tokens.fetch(admitted.what()).get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // It is still being fetched, and at hand when the client comes back.
            return new Ending(new Outcome.Unavailable(Hindrance.KEYSTONE_UNAVAILABLE), admitted.credential());
        } catch (ExecutionException e) {
            throw new IllegalStateException("a token could not be fetched", e.getCause());
        }
        if (!clusters.isCurrent(admitted.served()) || !bus.isCurrent()) {
            return null;
        }
        if (reply instanceof Reply.Done<Held>(var held)) {
            return handOut(login, admitted, held, Source.KEYSTONE, caller);
        }
        // The credential is good, and what is behind it is being made anew: no reason to tell the client that its
        // secret is wrong.
        return new Ending(
                new Outcome.Unavailable(
                        TokenCache.isRefusal(reply) ? Hindrance.KEYSTONE_REFUSES : Hindrance.KEYSTONE_UNAVAILABLE),
                admitted.credential());
    }

    private Ending handOut(BySecret login, Admitted admitted, Held held, Source source, Caller caller) {
        var credential = admitted.credential();
        if (Admission.scope(login) instanceof Scope.ProjectByName(var name, var domain)
                && !Bodies.isOfProject(held.body(), name, domain)) {
            return new Ending(new Outcome.Refused(Hindrance.WRONG_PROJECT), credential);
        }
        var wait = budget.use(credential.id(), 1);
        if (!wait.isZero()) {
            return new Ending(new Outcome.Throttled(wait), credential);
        }
        var told = audit.tell(new TokenIssued(
                credential.cluster(),
                credential.purpose(),
                credential.id(),
                source,
                held.expiresAt(),
                caller.address(),
                caller.request()));
        if (!told) {
            return new Ending(new Outcome.Unavailable(Hindrance.AUDIT_FULL), credential);
        }
        given.remember(held, admitted.what());
        return new Ending(new Outcome.Granted(held, source), credential);
    }
}
