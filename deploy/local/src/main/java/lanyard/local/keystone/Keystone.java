package lanyard.local.keystone;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * The few calls of the <a href="https://docs.openstack.org/api-ref/identity/v3/">identity API v3</a> that a person would make with
 * curl. It works on anything that speaks that API: the real Keystone, or the door.
 */
public final class Keystone {
    private static final JsonMapper JSON = new JsonMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final HttpClient http;
    private final String url;

    /** @param url ends in {@code /v3} */
    public Keystone(String url) {
        this(url, null);
    }

    /**
     * @param url ends in {@code /v3}
     * @param authorities a file of PEM certificates to trust instead of the Java runtime's; {@code null} for those
     */
    public Keystone(String url, @Nullable Path authorities) {
        this.url = url.replaceAll("/+$", "");
        var builder = HttpClient.newBuilder()
                // Upgrading to HTTP/2 in clear text is something that Keystone's servers don't know.
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5));
        if (authorities != null) {
            builder.sslContext(Authorities.of(authorities));
        }
        this.http = builder.build();
    }

    public String url() {
        return url;
    }

    /** Calls as whoever the token belongs to. */
    public Caller as(String token) {
        return new Caller(token);
    }

    /** Logs in by password from the variables that every OpenStack client knows ({@code OS_USERNAME} and so on). */
    public Caller login(Map<String, String> variables) {
        var user = NODES.objectNode()
                .put("name", variables.getOrDefault("OS_USERNAME", ""))
                .put("password", variables.getOrDefault("OS_PASSWORD", ""));
        user.set("domain", domain(variables, "OS_USER_DOMAIN"));
        var project = NODES.objectNode().put("name", variables.getOrDefault("OS_PROJECT_NAME", ""));
        project.set("domain", domain(variables, "OS_PROJECT_DOMAIN"));
        var reply = authenticate(
                NODES.objectNode().set("user", user),
                "password",
                NODES.objectNode().set("project", project));
        if (!reply.isSuccess()) {
            throw new Trouble(
                    "Keystone at %s refuses the user of the OS_* variables (HTTP %d)".formatted(url, reply.status()),
                    "look at OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and the domains; a stack has them in its env file");
        }
        return as(reply.token());
    }

    /** Logs in as the unmodified clients do when they hold an application credential: by its id, without a scope. */
    public Reply loginByApplicationCredential(String id, String secret) {
        return authenticate(NODES.objectNode().put("id", id).put("secret", secret), "application_credential", null);
    }

    /** Logs in by password as a user that is known by id, without a scope. */
    public Reply loginByPassword(String userId, String password) {
        var user = NODES.objectNode().put("id", userId).put("password", password);
        return authenticate(NODES.objectNode().set("user", user), "password", null);
    }

    /** Logs in by password as a user that is known by id, for a project. */
    public Reply loginByPassword(String userId, String password, String projectId) {
        var user = NODES.objectNode().put("id", userId).put("password", password);
        return authenticate(NODES.objectNode().set("user", user), "password", onProject(projectId));
    }

    /** Logs in by password as a user that is known by id, through a trust: what clusters did before Lanyard. */
    public Reply loginThroughTrust(String userId, String password, String trustId) {
        return send("POST", "/auth/tokens", throughTrust(userId, password, trustId), null, null);
    }

    /** The body of that login. */
    public static JsonNode throughTrust(String userId, String password, String trustId) {
        var user = NODES.objectNode().put("id", userId).put("password", password);
        ObjectNode scope =
                NODES.objectNode().set("OS-TRUST:trust", NODES.objectNode().put("id", trustId));
        return authentication(NODES.objectNode().set("user", user), "password", scope);
    }

    private static ObjectNode onProject(String projectId) {
        return NODES.objectNode().set("project", NODES.objectNode().put("id", projectId));
    }

    /** Asks for another token in exchange for this one, on another project. */
    public Reply exchange(String token, String projectId) {
        return authenticate(NODES.objectNode().put("id", token), "token", onProject(projectId));
    }

    private Reply authenticate(JsonNode proof, String method, @Nullable ObjectNode scope) {
        return send("POST", "/auth/tokens", authentication(proof, method, scope), null, null);
    }

    private static JsonNode authentication(JsonNode proof, String method, @Nullable ObjectNode scope) {
        var identity = NODES.objectNode();
        identity.putArray("methods").add(method);
        identity.set(method, proof);
        var auth = NODES.objectNode();
        auth.set("identity", identity);
        if (scope != null) {
            auth.set("scope", scope);
        }
        return NODES.objectNode().set("auth", auth);
    }

    private static ObjectNode domain(Map<String, String> variables, String which) {
        var id = variables.get(which + "_ID");
        return id == null || id.isEmpty()
                ? NODES.objectNode().put("name", variables.getOrDefault(which + "_NAME", "Default"))
                : NODES.objectNode().put("id", id);
    }

    private Reply send(
            String method, String path, @Nullable JsonNode body, @Nullable String token, @Nullable String subject) {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(30))
                .header("Accept", "application/json");
        if (token != null) {
            request.header("X-Auth-Token", token);
        }
        if (subject != null) {
            request.header("X-Subject-Token", subject);
        }
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        request.method(
                method,
                body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
        try {
            var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            return new Reply(
                    response.statusCode(),
                    parsed(response.body()),
                    response.headers().firstValue("X-Subject-Token").orElse(""));
        } catch (IOException e) {
            throw new Trouble(
                    "%s does not answer (%s)".formatted(url, e.getClass().getSimpleName()),
                    "see whether it is up, by ./lanyard status for a stack of your own, and whether its certificate is trusted",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while waiting for " + url, "run the command again", e);
        }
    }

    private static JsonNode parsed(String body) {
        if (body.isEmpty()) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            // A proxy's HTML page, for example: the status says enough.
            return MissingNode.getInstance();
        }
    }

    /** Keystone as seen with one token. */
    public final class Caller {
        private final String token;

        private Caller(String token) {
            this.token = token;
        }

        public Reply call(String method, String path, @Nullable JsonNode body) {
            return send(method, path, body, token, null);
        }

        public Reply get(String path) {
            return send("GET", path, null, token, null);
        }

        public Reply post(String path, JsonNode body) {
            return send("POST", path, body, token, null);
        }

        public Reply put(String path) {
            return send("PUT", path, null, token, null);
        }

        public Reply delete(String path) {
            return send("DELETE", path, null, token, null);
        }

        /** The project that the caller's own token is for. */
        public String project() {
            return validate(token).body().at("/token/project/id").asText();
        }

        /** What Keystone says of a token: whose it is, what for, until when. */
        public Reply validate(String tokenToValidate) {
            return send("GET", "/auth/tokens", null, token, tokenToValidate);
        }

        /** The one of that name; Keystone's names may repeat across domains, and then a person must say the id. */
        public Named find(String collection, String idOrName) {
            if (Named.isId(idOrName)) {
                var singular = collection.substring(0, collection.length() - 1);
                var one = get("/" + collection + "/" + idOrName);
                return new Named(
                        idOrName, one.body().path(singular).path("name").asText(idOrName));
            }
            var found =
                    get("/" + collection + "?name=" + quoted(idOrName)).body().path(collection);
            if (found.size() != 1) {
                throw new Trouble(
                        "Keystone knows %d %s of the name %s".formatted(found.size(), collection, idOrName),
                        "give the id, 32 hexadecimal digits");
            }
            return new Named(found.path(0).path("id").asText(), idOrName);
        }
    }

    /** For use as a value in a query. */
    public static String quoted(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
