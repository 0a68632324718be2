package lanyard.tokenissuer.door;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import lanyard.tokenissuer.door.AuthRequest.Domain;
import org.jspecify.annotations.Nullable;

/** What Keystone says with a token, read and cut to what was asked for. Pure. */
final class Bodies {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Bodies() {}

    /** The id of the trust that a token is scoped to; {@code null} if it is scoped to none. */
    static @Nullable String trust(String body) {
        return read(body.getBytes(StandardCharsets.UTF_8))
                .at("/OS-TRUST:trust/id")
                .textValue();
    }

    /** Whether a token is for the project of that name. */
    static boolean isOfProject(byte[] body, String name, Domain domain) {
        var project = read(body).path("project");
        return name.equals(project.path("name").textValue())
                && (domain.id() == null
                        || domain.id().equals(project.at("/domain/id").textValue()))
                && (domain.name() == null
                        || domain.name().equals(project.at("/domain/name").textValue()));
    }

    static byte[] withoutCatalog(byte[] body) {
        var token = (ObjectNode) read(body);
        token.remove("catalog");
        return write(JSON.createObjectNode().set("token", token));
    }

    /** The answer to {@code GET /v3/auth/catalog}, as Keystone gives it. */
    static byte[] catalog(byte[] body, String self) {
        var answer = JSON.createObjectNode();
        answer.set("catalog", read(body).path("catalog"));
        answer.putObject("links").putNull("next").put("self", self).putNull("previous");
        return write(answer);
    }

    /** The answer to {@code GET /v3/auth/projects}: the one project that the token is for. */
    static byte[] projects(byte[] body, String self, String v3) {
        var project = read(body).path("project");
        var answer = JSON.createObjectNode();
        var one = answer.putArray("projects")
                .addObject()
                .put("id", project.path("id").textValue())
                .put("name", project.path("name").textValue())
                .put("domain_id", project.at("/domain/id").textValue())
                .put("enabled", true)
                .put("is_domain", false);
        one.putObject("links")
                .put("self", v3 + "/projects/" + project.path("id").textValue());
        answer.putObject("links").putNull("next").put("self", self).putNull("previous");
        return write(answer);
    }

    private static JsonNode read(byte[] body) {
        try {
            return JSON.readTree(body).path("token");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] write(JsonNode document) {
        return document.toString().getBytes(StandardCharsets.UTF_8);
    }
}
