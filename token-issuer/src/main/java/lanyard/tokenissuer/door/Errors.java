package lanyard.tokenissuer.door;

import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.Status;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What goes wrong outside of the door's own code, in Keystone's shape, so that a client can show it. */
class Errors {
    private static final Logger LOG = Logger.getLogger(Errors.class);

    private final Answers answers;

    Errors(Answers answers) {
        this.answers = answers;
    }

    @ServerExceptionMapper
    Response notFound(NotFoundException e) {
        return answers.notHere(Status.NOT_FOUND);
    }

    @ServerExceptionMapper
    Response notAllowed(NotAllowedException e, UriInfo uri) {
        // The exception does not say it, and RFC 9110 wants it said.
        var allowed = uri.getPath().contains("auth/tokens") ? "POST" : "GET, HEAD";
        return Response.fromResponse(answers.notHere(Status.METHOD_NOT_ALLOWED))
                .header(HttpHeaders.ALLOW, allowed)
                .build();
    }

    @ServerExceptionMapper
    Response refused(WebApplicationException e) {
        return answers.failed(e.getResponse().getStatusInfo());
    }

    @ServerExceptionMapper
    Response unexpected(RuntimeException e) {
        LOG.error("a request could not be answered", e);
        return answers.failed(Status.INTERNAL_SERVER_ERROR);
    }
}
