package lanyard.tokenissuer.door;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.Unpooled;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.TimeoutHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import lanyard.common.events.TokenIssued.Source;
import lanyard.common.events.TokenRefused;
import lanyard.common.events.wire.Shape;
import lanyard.common.secrets.Secret;
import lanyard.common.tracing.LogFields;
import lanyard.tokenissuer.AuditTrail;
import lanyard.tokenissuer.Clusters.Name;
import lanyard.tokenissuer.Credential;
import lanyard.tokenissuer.FirstLogins;
import lanyard.tokenissuer.Held;
import lanyard.tokenissuer.TokenIssuerConfig;
import lanyard.tokenissuer.door.AuthRequest.BySecret;
import lanyard.tokenissuer.door.IssueToken.Ending;
import lanyard.tokenissuer.door.ShowToken.Sight;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The part of Keystone's Identity API v3 that a client needs to log in, over HTTP.
 *
 * <p>A login that can be answered from memory is answered on the thread that read it. Every refusal is answered at the same time after
 * its arrival, so that how long it took tells nothing.
 */
@Singleton
class Door {
    private static final Logger LOG = Logger.getLogger(Door.class);

    /** The longest login that is read, in bytes. The longest captured one has 250. */
    private static final long LARGEST_LOGIN = 16 * 1024;

    private static final long SLOWEST_REQUEST = Duration.ofSeconds(15).toMillis();
    private static final Duration REFUSAL_TIME = Duration.ofMillis(100);
    private static final int COST_OF_REFUSAL = 10;
    private static final Pattern IPV6 = Pattern.compile("(([0-9a-f]*:){4}).*", Pattern.CASE_INSENSITIVE);
    private static final String TOKENS = "/v3/auth/tokens";

    private final IssueToken issueToken;
    private final ShowToken showToken;
    private final Answers answers;
    private final AuditTrail audit;
    private final FirstLogins firstLogins;
    private final Budget budget;
    private final MeterRegistry metrics;
    private final Counter fromMemory;
    private final Counter fromKeystone;
    private final Vertx vertx;
    private final ExecutorService patient = Executors.newVirtualThreadPerTaskExecutor();

    Door(
            IssueToken issueToken,
            ShowToken showToken,
            Answers answers,
            AuditTrail audit,
            FirstLogins firstLogins,
            TokenIssuerConfig config,
            MeterRegistry metrics,
            Vertx vertx) {
        this.issueToken = issueToken;
        this.showToken = showToken;
        this.answers = answers;
        this.audit = audit;
        this.firstLogins = firstLogins;
        this.budget = new Budget(config.door().budget().perAddress(), System::nanoTime);
        this.metrics = metrics;
        this.fromMemory = metrics.counter("lanyard.tokens.issued", "source", Source.CACHE.code());
        this.fromKeystone = metrics.counter("lanyard.tokens.issued", "source", Source.KEYSTONE.code());
        // There from the start: Prometheus sees no increase in a series that begins with one.
        for (var why : Hindrance.values()) {
            refused(why);
        }
        this.vertx = vertx;
    }

    private Counter refused(Hindrance why) {
        return metrics.counter("lanyard.tokens.refused", "reason", why.label());
    }

    void open(@Observes Router router) {
        router.route().handler(this::begin).failureHandler(this::failed);
        router.post(TOKENS)
                .handler(TimeoutHandler.create(SLOWEST_REQUEST, 408))
                .handler(BodyHandler.create(false).setBodyLimit(LARGEST_LOGIN))
                .handler(this::logIn);
        get(router, "/", context -> answer(context, answers.versions()));
        get(router, "/v3", context -> answer(context, answers.version()));
        get(router, "/v3/", context -> answer(context, answers.version()));
        get(router, TOKENS, context -> see(context, token -> answers.token(200, token, wantsCatalog(context))));
        router.delete(TOKENS).handler(this::revoke);
        get(router, "/v3/auth/catalog", context -> withToken(context, answers::catalog));
        get(router, "/v3/auth/projects", context -> withToken(context, answers::projects));
        router.route(TOKENS).handler(context -> answer(context, answers.notAllowed("POST, GET, HEAD, DELETE")));
        for (var path : new String[] {"/", "/v3", "/v3/", "/v3/auth/catalog", "/v3/auth/projects"}) {
            router.route(path).handler(context -> answer(context, answers.notAllowed("GET, HEAD")));
        }
        router.route().last().handler(context -> answer(context, answers.notHere()));
    }

    private static void get(Router router, String path, Handler<RoutingContext> handler) {
        router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
    }

    /** What a request is known by until it is answered. */
    private record Arrival(Caller caller, long at) {}

    private void begin(RoutingContext context) {
        var request = context.request();
        var random = ThreadLocalRandom.current();
        var id = "req-" + new UUID(random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() >>> 2 | 1L << 63);
        context.put(
                Arrival.class.getName(),
                new Arrival(new Caller(address(request), id, ClientCertificate.names(request)), System.nanoTime()));
        var encoding = request.getHeader("Transfer-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("chunked")) {
            // Where such a request ends, a proxy in front may see otherwise (RFC 9112, 6.3).
            context.response().putHeader("Connection", "close");
            answer(context, answers.malformed("Its transfer encoding is not known."));
            return;
        }
        context.next();
    }

    private static Arrival arrival(RoutingContext context) {
        return context.get(Arrival.class.getName());
    }

    private void logIn(RoutingContext context) {
        var arrival = arrival(context);
        var wait = budget.use(account(arrival.caller().address()), 1);
        if (!wait.isZero()) {
            throttle(context, wait, null, null);
            return;
        }
        var request = AuthRequestParser.parse(bytes(context.body().buffer()));
        switch (request) {
            case AuthRequest.Malformed(var why) -> {
                count(Hindrance.MALFORMED, context, null, null);
                answer(context, answers.malformed(why));
            }
            case AuthRequest.Unsupported() -> refuse(context, Hindrance.UNSUPPORTED, null, null);
            case AuthRequest.ByToken shown ->
                patiently(
                        context,
                        () -> new Ending(showToken.again(shown, arrival.caller()), null),
                        ending -> end(context, ending, null));
            case AuthRequest.BySecret login -> logIn(context, login, arrival.caller());
        }
    }

    private void logIn(RoutingContext context, BySecret login, Caller caller) {
        var ending = issueToken.atHand(login, caller);
        if (ending != null) {
            end(context, ending, login);
        } else {
            patiently(context, () -> issueToken.issue(login, caller), issued -> end(context, issued, login));
        }
    }

    private void end(RoutingContext context, Ending ending, @Nullable BySecret login) {
        switch (ending.outcome()) {
            case Outcome.Granted(var token, var source) -> {
                (source == Source.CACHE ? fromMemory : fromKeystone).increment();
                answer(context, answers.token(201, token, wantsCatalog(context)));
                if (ending.credential() != null) {
                    var arrival = arrival(context);
                    firstLogins.granted(
                            ending.credential(), source, arrival.caller().request(), arrival.at());
                }
            }
            case Outcome.Refused(var why) -> refuse(context, why, ending.credential(), login);
            case Outcome.Unavailable(var why) -> {
                count(why, context, ending.credential(), login);
                answer(context, answers.unavailable());
            }
            case Outcome.Throttled(var wait) -> throttle(context, wait, ending.credential(), login);
        }
    }

    private void throttle(
            RoutingContext context, Duration wait, @Nullable Credential credential, @Nullable BySecret login) {
        count(Hindrance.THROTTLED, context, credential, login);
        answer(context, answers.throttled(wait));
    }

    /** Answers when every refusal is answered. */
    private void refuse(
            RoutingContext context, Hindrance why, @Nullable Credential credential, @Nullable BySecret login) {
        count(why, context, credential, login);
        var arrival = arrival(context);
        budget.charge(account(arrival.caller().address()), COST_OF_REFUSAL);
        // What took longer, because the database did, waits for the next such moment.
        var taken = System.nanoTime() - arrival.at();
        var rest = REFUSAL_TIME.toNanos() - taken % REFUSAL_TIME.toNanos();
        vertx.setTimer(1 + Duration.ofNanos(rest).toMillis(), timer -> answer(context, answers.unauthorized()));
    }

    private void count(
            Hindrance why, RoutingContext context, @Nullable Credential credential, @Nullable BySecret login) {
        refused(why).increment();
        var caller = arrival(context).caller();
        var claimed =
                login != null && Admission.name(login) instanceof Name.OfCredential(var id) && Shape.TOKEN.fits(id)
                        ? id
                        : null;
        audit.tell(new TokenRefused(
                credential == null ? TokenRefused.NO_CLUSTER : credential.cluster(),
                credential == null ? null : credential.purpose(),
                credential == null ? claimed : credential.id(),
                why.label(),
                caller.address(),
                caller.request()));
    }

    private void see(RoutingContext context, Function<Held, Answer> seen) {
        withTokens(context, (auth, subject) -> showToken.see(auth, subject), seen);
    }

    private void revoke(RoutingContext context) {
        var caller = arrival(context).caller();
        withTokens(context, (auth, subject) -> showToken.revoke(auth, subject, caller), token -> answers.done());
    }

    private void withTokens(
            RoutingContext context, BiFunction<Secret, Secret, Sight> use, Function<Held, Answer> seen) {
        var subject = token(context, "X-Subject-Token");
        if (subject == null) {
            answer(context, answers.malformed("X-Subject-Token is missing."));
        } else {
            withToken(context, auth -> use.apply(auth, subject), seen);
        }
    }

    private void withToken(RoutingContext context, Function<Held, Answer> seen) {
        withToken(context, auth -> showToken.see(auth, auth), seen);
    }

    private void withToken(RoutingContext context, Function<Secret, Sight> use, Function<Held, Answer> seen) {
        var wait = budget.use(account(arrival(context).caller().address()), 1);
        var auth = token(context, "X-Auth-Token");
        if (!wait.isZero()) {
            throttle(context, wait, null, null);
        } else if (auth == null) {
            answer(context, answers.unauthorized());
        } else {
            patiently(context, () -> use.apply(auth), sight -> show(context, sight, seen));
        }
    }

    private void show(RoutingContext context, Sight sight, Function<Held, Answer> seen) {
        answer(
                context,
                switch (sight) {
                    case Sight.Seen(var token) -> seen.apply(token);
                    case Sight.Unauthorized() -> answers.unauthorized();
                    case Sight.NotFound() -> answers.noSuchToken();
                    case Sight.Unavailable(var why) -> answers.unavailable();
                });
    }

    /** Does what may wait on a thread that may, and ends it on the request's own. */
    private <T> void patiently(RoutingContext context, Supplier<T> work, Handler<T> end) {
        var own = vertx.getOrCreateContext();
        var request = arrival(context).caller().request();
        patient.execute(() -> LogFields.during(null, request, () -> {
            try {
                var result = work.get();
                own.runOnContext(nothing -> end.handle(result));
            } catch (RuntimeException e) {
                own.runOnContext(nothing -> context.fail(e));
            }
        }));
    }

    private void failed(RoutingContext context) {
        if (context.failure() instanceof HttpClosedException
                || context.response().closed()) {
            // The client hung up in the middle of its request: whoever does so again and again must not fill the log.
            return;
        }
        switch (context.statusCode()) {
            case 413 -> {
                count(Hindrance.TOO_LARGE, context, null, null);
                answer(context, answers.tooLarge(LARGEST_LOGIN));
            }
            case 408 -> late(context);
            case 400 -> answer(context, answers.malformed("The request can't be read."));
            default -> {
                var request = arrival(context).caller().request();
                LogFields.during(null, request, () -> LOG.error("a request could not be answered", context.failure()));
                answer(context, answers.failed());
            }
        }
    }

    /** What is late after it has arrived waits for the database, as whoever shows a token may; a login ends with the client's patience. */
    private void late(RoutingContext context) {
        if (context.request().isEnded()) {
            count(Hindrance.DATABASE_UNAVAILABLE, context, null, null);
            answer(context, answers.unavailable());
        } else {
            answer(context, answers.tooSlow());
        }
    }

    private static void answer(RoutingContext context, Answer answer) {
        var response = context.response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.setStatusCode(answer.status());
        var headers = response.headers();
        answer.headers().forEach(headers::set);
        headers.set("Vary", "X-Auth-Token")
                .set("x-openstack-request-id", arrival(context).caller().request());
        if (answer.body().length > 0) {
            headers.set("Content-Type", "application/json");
            headers.set("Content-Length", Integer.toString(answer.body().length));
        }
        if (context.request().method() == HttpMethod.HEAD || answer.body().length == 0) {
            response.end();
        } else {
            // Without a copy: the body of a token is the same for all to whom it is given.
            response.end(Buffer.buffer(Unpooled.wrappedBuffer(answer.body())));
        }
    }

    private static boolean wantsCatalog(RoutingContext context) {
        return context.request().query() == null || !context.queryParams().contains("nocatalog");
    }

    private static @Nullable Secret token(RoutingContext context, String header) {
        var value = context.request().getHeader(header);
        return value == null ? null : Secret.of(value);
    }

    private static byte[] bytes(@Nullable Buffer body) {
        return body == null ? new byte[0] : body.getBytes();
    }

    private static String address(HttpServerRequest request) {
        var address = request.remoteAddress();
        var host = address == null ? null : address.hostAddress();
        return host != null && Shape.ADDRESS.fits(host) ? host : "unknown";
    }

    /** Whose budget an address uses: in IPv6 one client has a whole /64. */
    private static String account(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        var ipv6 = IPV6.matcher(address);
        return ipv6.matches() ? ipv6.group(1) : address;
    }
}
