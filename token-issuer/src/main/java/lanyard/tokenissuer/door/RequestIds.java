package lanyard.tokenissuer.door;

import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.UUID;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Gives every request an id, as Keystone does, by which a client's error report can be found in the log and in the audit. */
class RequestIds {
    private static final String HEADER = "x-openstack-request-id";

    /** The id of this request. The same for its whole life, whatever the client sent. */
    static String of(HttpServerRequest request) {
        var headers = request.response().headers();
        var id = headers.get(HEADER);
        if (id == null) {
            id = "req-" + UUID.randomUUID();
            headers.set(HEADER, id);
        }
        return id;
    }

    @ServerResponseFilter
    void mark(ContainerResponseContext response, HttpServerRequest request) {
        of(request);
        response.getHeaders().putSingle(HttpHeaders.VARY, "X-Auth-Token");
    }
}
