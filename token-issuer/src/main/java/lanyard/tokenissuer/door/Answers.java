package lanyard.tokenissuer.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.Status;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.tokenissuer.DoorUrl;
import lanyard.tokenissuer.TokenIssuerConfig;

/**
 * What the door answers, in Keystone's words and shapes ({@code keystone/api/discovery.py}, {@code keystone/exception.py}, and the
 * captures in the tests).
 */
@ApplicationScoped
class Answers {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MULTIPLE_CHOICES = 300;

    private final DoorUrl door;
    private final Duration retryAfter;

    Answers(DoorUrl door, TokenIssuerConfig config) {
        this.door = door;
        this.retryAfter = config.door().retryAfter();
    }

    /** The unversioned document: there is one version, and it is there. */
    Response versions() {
        var document = JSON.createObjectNode();
        document.putObject("versions").putArray("values").add(v3());
        return json(Response.status(MULTIPLE_CHOICES), document)
                .header(HttpHeaders.LOCATION, door.v3() + "/")
                .build();
    }

    Response version() {
        return json(Response.ok(), JSON.createObjectNode().set("version", v3())).build();
    }

    private ObjectNode v3() {
        var version = JSON.createObjectNode()
                .put("id", "v3.14")
                .put("status", "stable")
                .put("updated", "2020-04-07T00:00:00Z");
        version.putArray("links").addObject().put("rel", "self").put("href", door.v3() + "/");
        version.putArray("media-types")
                .addObject()
                .put("base", "application/json")
                .put("type", "application/vnd.openstack.identity-v3+json");
        return version;
    }

    /** The token, in the body that Keystone gave with it, byte for byte, unless the client wants no catalog. */
    Response token(Token token, boolean catalog) {
        return Response.status(Status.CREATED)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .header("X-Subject-Token", token.id().reveal())
                .entity(bytes(catalog ? token.body() : withoutCatalog(token.body())))
                .build();
    }

    private static String withoutCatalog(String body) {
        try {
            var document = JSON.readTree(body);
            if (document.path("token") instanceof ObjectNode token) {
                token.remove("catalog");
            }
            return JSON.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The one answer to every login that fails, whatever the reason is. */
    Response unauthorized() {
        return error(Status.UNAUTHORIZED, "The request you have made requires authentication.")
                .header(HttpHeaders.WWW_AUTHENTICATE, "Keystone uri=\"" + door.v3() + "\"")
                .build();
    }

    Response malformed(String why) {
        return error(
                        Status.BAD_REQUEST,
                        why
                                + " The server could not comply with the request since it is either malformed or otherwise"
                                + " incorrect. The client is assumed to be in error.")
                .build();
    }

    Response tooLarge(int most) {
        return error(
                        Status.REQUEST_ENTITY_TOO_LARGE,
                        "Request is too large: a login has at most %d bytes.".formatted(most))
                .build();
    }

    Response unavailable() {
        return error(
                        Status.SERVICE_UNAVAILABLE,
                        "Lanyard's door can't get a token at the moment. The credential was not refused: please try again in"
                                + " %d seconds.".formatted(retryAfter.toSeconds()))
                .header(HttpHeaders.RETRY_AFTER, retryAfter.toSeconds())
                .build();
    }

    /** For what Keystone has and the door has not. */
    Response notHere(Status status) {
        return error(
                        status,
                        "This is Lanyard's door (%s), where clusters get their tokens by POST /v3/auth/tokens. Keystone itself is at"
                                        .formatted(door.v3())
                                + " the identity endpoint of the token's catalog.")
                .build();
    }

    /** An error without particulars. */
    Response failed(Response.StatusType status) {
        return error(status, "The door could not answer this request.").build();
    }

    private static Response.ResponseBuilder error(Response.StatusType status, String message) {
        var document = JSON.createObjectNode();
        document.putObject("error")
                .put("code", status.getStatusCode())
                .put("message", message)
                .put("title", status.getReasonPhrase());
        return json(Response.status(status.getStatusCode()), document);
    }

    private static Response.ResponseBuilder json(Response.ResponseBuilder response, JsonNode document) {
        return response.type(MediaType.APPLICATION_JSON_TYPE).entity(bytes(document.toString()));
    }

    /** As bytes, so that the content type stays Keystone's, without a charset. */
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
