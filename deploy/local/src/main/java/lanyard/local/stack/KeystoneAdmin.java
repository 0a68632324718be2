package lanyard.local.stack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import lanyard.local.terminal.Trouble;

/**
 * A Keystone and its administrator: enough of its API to see that it is there, that the password is right, and that a role exists.
 *
 * @param url ends in {@code /v3}
 */
record KeystoneAdmin(
        String url, String user, String password, String project, String userDomain, String projectDomain) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    KeystoneAdmin {
        url = url.replaceFirst("/+$", "");
        url = url.endsWith("/v3") ? url : url + "/v3";
    }

    /** The version of the API, such as {@code v3.14}. */
    String apiVersion() throws IOException, InterruptedException {
        var reply = send(HttpRequest.newBuilder(URI.create(url)).GET());
        if (reply.statusCode() != 200) {
            throw new IOException("Keystone answers " + reply.statusCode() + " at " + url);
        }
        return JSON.readTree(reply.body()).path("version").path("id").asText("v3");
    }

    /** Logs in; returns a token of the administrator. */
    String login() throws IOException, InterruptedException {
        var identity = Map.of(
                "methods",
                new String[] {"password"},
                "password",
                Map.of("user", Map.of("name", user, "domain", Map.of("name", userDomain), "password", password)));
        var scope = Map.of("project", Map.of("name", project, "domain", Map.of("name", projectDomain)));
        var body = Map.of("auth", Map.of("identity", identity, "scope", scope));
        var reply = send(post("/auth/tokens", body));
        return switch (reply.statusCode()) {
            case 201 ->
                reply.headers()
                        .firstValue("X-Subject-Token")
                        .orElseThrow(() -> new IOException("Keystone gave no token"));
            case 401 ->
                throw new Trouble(
                        "the Keystone at " + url + " refuses the user " + user + " on project " + project,
                        "check the administrator's name, password, project and domains (./lanyard up --help)");
            default -> throw new IOException("Keystone answers " + reply.statusCode() + " to a login");
        };
    }

    /** As OpenStack's clients are told of it. */
    Map<String, String> variables() {
        var variables = new LinkedHashMap<String, String>();
        variables.put("OS_AUTH_URL", url);
        variables.put("OS_USERNAME", user);
        variables.put("OS_PASSWORD", password);
        variables.put("OS_PROJECT_NAME", project);
        variables.put("OS_USER_DOMAIN_NAME", userDomain);
        variables.put("OS_PROJECT_DOMAIN_NAME", projectDomain);
        variables.put("OS_IDENTITY_API_VERSION", "3");
        return variables;
    }

    void ensureRole(String token, String name) throws IOException, InterruptedException {
        var found = send(HttpRequest.newBuilder(
                        URI.create(url + "/roles?name=" + URLEncoder.encode(name, StandardCharsets.UTF_8)))
                .header("X-Auth-Token", token)
                .GET());
        if (found.statusCode() != 200) {
            throw new IOException("Keystone answers " + found.statusCode() + " when asked for roles");
        }
        JsonNode roles = JSON.readTree(found.body()).path("roles");
        if (roles.isEmpty()) {
            var made = send(post("/roles", Map.of("role", Map.of("name", name))).header("X-Auth-Token", token));
            if (made.statusCode() != 201 && made.statusCode() != 409) {
                throw new IOException("Keystone answers " + made.statusCode() + " when a role is made");
            }
        }
    }

    private HttpRequest.Builder post(String path, Map<String, ?> body) throws JsonProcessingException {
        return HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(
                request.timeout(Duration.ofSeconds(20))
                        .header("Accept", "application/json")
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    @Override
    public String toString() {
        return user + " at " + url;
    }
}
