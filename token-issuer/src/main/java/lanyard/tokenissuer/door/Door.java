package lanyard.tokenissuer.door;

import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import lanyard.common.events.wire.Shape;
import lanyard.tokenissuer.door.AuthRequest.Login;
import lanyard.tokenissuer.door.AuthRequest.Malformed;
import lanyard.tokenissuer.door.AuthRequest.Unsupported;
import lanyard.tokenissuer.door.IssueToken.Caller;
import lanyard.tokenissuer.door.IssueToken.Outcome;

/** The part of Keystone's Identity API v3 that a client needs to log in. */
@Path("/")
public class Door {
    /** The longest login that is read, in bytes. The longest captured one has 250. */
    private static final int LARGEST_LOGIN = 16 * 1024;

    private final IssueToken issueToken;
    private final Answers answers;
    private final MeterRegistry metrics;

    Door(IssueToken issueToken, Answers answers, MeterRegistry metrics) {
        this.issueToken = issueToken;
        this.answers = answers;
        this.metrics = metrics;
    }

    @GET
    public Response versions() {
        return answers.versions();
    }

    @GET
    @Path("v3")
    public Response version() {
        return answers.version();
    }

    /** Logs in; the query {@code nocatalog}, with any value, leaves the catalog out of the answer. */
    @POST
    @Path("v3/auth/tokens")
    @Consumes(MediaType.WILDCARD)
    @RunOnVirtualThread
    public Response authenticate(byte[] body, @Context UriInfo uri, @Context HttpServerRequest request) {
        if (body.length > LARGEST_LOGIN) {
            count(Hindrance.TOO_LARGE);
            return answers.tooLarge(LARGEST_LOGIN);
        }
        return switch (AuthRequestParser.parse(body)) {
            case Login login -> answer(login, request, !uri.getQueryParameters().containsKey("nocatalog"));
            case Unsupported() -> {
                count(Hindrance.UNSUPPORTED);
                yield answers.unauthorized();
            }
            case Malformed(var why) -> {
                count(Hindrance.MALFORMED);
                yield answers.malformed(why);
            }
        };
    }

    private Response answer(Login login, HttpServerRequest request, boolean catalog) {
        return switch (issueToken.issue(login, new Caller(address(request), RequestIds.of(request)))) {
            case Outcome.Issued(var token, var source) -> {
                metrics.counter("lanyard.tokens.issued", "source", source.code())
                        .increment();
                yield answers.token(token, catalog);
            }
            case Outcome.Refused(var why) -> {
                count(why);
                yield answers.unauthorized();
            }
            case Outcome.Unavailable(var why) -> {
                count(why);
                yield answers.unavailable();
            }
        };
    }

    private void count(Hindrance why) {
        metrics.counter("lanyard.tokens.refused", "reason", why.label()).increment();
    }

    /** Where the request comes from: what a trusted proxy said, where the operator has configured one. */
    private static String address(HttpServerRequest request) {
        var address = request.remoteAddress();
        var host = address == null ? null : address.hostAddress();
        return host != null && Shape.ADDRESS.fits(host) ? host : "unknown";
    }
}
