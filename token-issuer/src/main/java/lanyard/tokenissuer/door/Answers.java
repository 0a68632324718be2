package lanyard.tokenissuer.door;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import lanyard.tokenissuer.DoorUrl;
import lanyard.tokenissuer.Held;
import lanyard.tokenissuer.TokenIssuerConfig;

/**
 * What the door answers, in Keystone's words and shapes ({@code keystone/api/discovery.py}, {@code keystone/exception.py}, and the
 * captures in the tests).
 */
@Singleton
class Answers {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NOTHING = {};

    private final DoorUrl door;
    private final Duration retryAfter;
    private final Answer unauthorized;
    private final Answer versions;
    private final Answer version;

    Answers(DoorUrl door, TokenIssuerConfig config) {
        this.door = door;
        this.retryAfter = config.door().retryAfter();
        this.unauthorized = error(
                401,
                "Unauthorized",
                "The request you have made requires authentication.",
                Map.of("WWW-Authenticate", "Keystone uri=\"" + door.v3() + "\""));
        var document = JSON.createObjectNode();
        document.putObject("versions").putArray("values").add(v3());
        this.versions = new Answer(300, Map.of("Location", door.v3() + "/"), bytes(document));
        this.version = new Answer(200, Map.of(), bytes(JSON.createObjectNode().set("version", v3())));
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

    /** The unversioned document: there is one version, and it is there. */
    Answer versions() {
        return versions;
    }

    Answer version() {
        return version;
    }

    /** A token, in the body that came with it, unless the client wants no catalog. */
    Answer token(int status, Held token, boolean catalog) {
        return new Answer(
                status,
                Map.of("X-Subject-Token", token.id().reveal()),
                catalog ? token.body() : Bodies.withoutCatalog(token.body()));
    }

    Answer catalog(Held token) {
        return new Answer(200, Map.of(), Bodies.catalog(token.body(), door.v3() + "/auth/catalog"));
    }

    Answer projects(Held token) {
        return new Answer(200, Map.of(), Bodies.projects(token.body(), door.v3() + "/auth/projects", door.v3()));
    }

    Answer done() {
        return new Answer(204, Map.of(), NOTHING);
    }

    /** The one answer to every login that fails, whatever the reason is. */
    Answer unauthorized() {
        return unauthorized;
    }

    Answer malformed(String why) {
        return error(
                400,
                "Bad Request",
                why
                        + " The server could not comply with the request since it is either malformed or otherwise"
                        + " incorrect. The client is assumed to be in error.",
                Map.of());
    }

    Answer tooLarge(long most) {
        return error(
                413,
                "Request Entity Too Large",
                "Request is too large: a login has at most %d bytes.".formatted(most),
                Map.of());
    }

    Answer tooSlow() {
        return error(408, "Request Timeout", "The request did not arrive in time.", Map.of());
    }

    Answer throttled(Duration wait) {
        var seconds = wait.toSeconds() + 1;
        return error(
                429,
                "Too Many Requests",
                "Too many logins: please try again in %d seconds.".formatted(seconds),
                Map.of("Retry-After", Long.toString(seconds)));
    }

    Answer unavailable() {
        return error(
                503,
                "Service Unavailable",
                "Lanyard's door can't get a token at the moment. The credential was not refused: please try again in"
                        + " %d seconds.".formatted(retryAfter.toSeconds()),
                Map.of("Retry-After", Long.toString(retryAfter.toSeconds())));
    }

    Answer noSuchToken() {
        return error(404, "Not Found", "Could not find token.", Map.of());
    }

    /** For what Keystone has and the door has not. */
    Answer notHere() {
        return error(404, "Not Found", elsewhere(), Map.of());
    }

    Answer notAllowed(String allowed) {
        return error(405, "Method Not Allowed", elsewhere(), Map.of("Allow", allowed));
    }

    private String elsewhere() {
        return "This is Lanyard's door at %s, which logs clusters in and does nothing else. All else is Keystone's: its URL is"
                        .formatted(door.v3())
                + " the identity endpoint of the token's catalog.";
    }

    Answer failed() {
        return error(500, "Internal Server Error", "The door could not answer this request.", Map.of());
    }

    private static Answer error(int code, String title, String message, Map<String, String> headers) {
        var document = JSON.createObjectNode();
        document.putObject("error").put("code", code).put("message", message).put("title", title);
        return new Answer(code, headers, bytes(document));
    }

    private static byte[] bytes(JsonNode document) {
        return document.toString().getBytes(StandardCharsets.UTF_8);
    }
}
