package lanyard.common.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A test's own eye on the real Keystone, as the cloud's administrator. It shares no code with what it looks at: plain HTTP
 * against the Identity API v3.
 */
public final class TestKeystone {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TRIES = 300;
    private static final int LONGEST_LAG_MILLIS = 60;

    private static final DateTimeFormatter END =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final HttpClient http = PlainHttp.client();
    private final String url;
    private final Map<String, String> administrator;
    private @Nullable String adminToken;

    /** The stack's. */
    public TestKeystone() {
        this(
                RealParts.environment("LANYARD_KEYSTONE_URL"),
                Stream.of(
                                "OS_USERNAME",
                                "OS_PASSWORD",
                                "OS_USER_DOMAIN_NAME",
                                "OS_PROJECT_NAME",
                                "OS_PROJECT_DOMAIN_NAME")
                        .collect(Collectors.toMap(variable -> variable, RealParts::environment)));
    }

    /** @param administrator as the variables of openstackclient name it, {@code OS_USERNAME} and so on */
    public TestKeystone(String url, Map<String, String> administrator) {
        this.url = url;
        this.administrator = administrator;
    }

    /** A project and a user who holds roles on it. */
    public record Tenant(String project, String owner) {}

    /** What Keystone answered; {@code token} is its {@code X-Subject-Token}. */
    public record Answer(int status, JsonNode body, @Nullable String token) {}

    /** Makes a project and its owner, with these roles on it. */
    public Tenant makeTenant(String... roles) {
        var name = "tenant-" + UUID.randomUUID();
        var project = must(admin(
                        "POST",
                        "/projects",
                        "{\"project\":{\"name\":\"%s\",\"domain_id\":\"default\"}}".formatted(name)))
                .at("/project/id")
                .asText();
        var owner = must(admin(
                        "POST", "/users", "{\"user\":{\"name\":\"%s\",\"domain_id\":\"default\"}}".formatted(name)))
                .at("/user/id")
                .asText();
        for (var role : roles) {
            grant(owner, project, role);
        }
        return new Tenant(project, owner);
    }

    public void removeTenant(Tenant tenant) {
        admin("DELETE", "/users/" + tenant.owner(), null);
        admin("DELETE", "/projects/" + tenant.project(), null);
    }

    /** Gives a user a role on a project; the role is made if Keystone has none of that name. */
    public void grant(String user, String project, String role) {
        must(admin("PUT", "/projects/%s/users/%s/roles/%s".formatted(project, user, roleId(role)), null));
    }

    void grantOnDomain(String user, String domain, String role) {
        must(admin("PUT", "/domains/%s/users/%s/roles/%s".formatted(domain, user, roleId(role)), null));
    }

    public void revoke(String user, String project, String role) {
        must(admin("DELETE", "/projects/%s/users/%s/roles/%s".formatted(project, user, roleId(role)), null));
    }

    /** Takes a role away from all who have it. */
    public void removeRole(String role) {
        admin("DELETE", "/roles/" + roleId(role), null);
    }

    /** Makes an administrator of the default domain, as the one is whom the tests themselves use. */
    public void makeAdministrator(String name, String password) {
        var user = must(admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"default\",\"password\":\"%s\"}}"
                                .formatted(name, password)))
                .at("/user/id")
                .asText();
        var project = admin("GET", "/projects?name=" + encode(administrator.get("OS_PROJECT_NAME")), null)
                .body()
                .at("/projects/0/id")
                .asText();
        grant(user, project, "admin");
    }

    /**
     * Makes a user with a role on the project {@code lanyard} in the domain of that name, which are made if they are not there; answers
     * its id.
     */
    String makeService(String domain, String name, String password, String role) {
        var domainId = domainId(domain);
        if (domainId.isEmpty()) {
            domainId = must(admin("POST", "/domains", "{\"domain\":{\"name\":\"%s\"}}".formatted(domain)))
                    .at("/domain/id")
                    .asText();
        }
        var project = admin("GET", "/projects?name=lanyard&domain_id=" + domainId, null)
                .body()
                .at("/projects/0/id")
                .asText();
        if (project.isEmpty()) {
            project = must(admin(
                            "POST",
                            "/projects",
                            "{\"project\":{\"name\":\"lanyard\",\"domain_id\":\"%s\"}}".formatted(domainId)))
                    .at("/project/id")
                    .asText();
        }
        var user = must(admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"default\",\"password\":\"%s\"}}"
                                .formatted(name, password)))
                .at("/user/id")
                .asText();
        grant(user, project, role);
        return user;
    }

    /** The id of a user of the default domain. */
    public String userId(String name) {
        return users("Default", name).getFirst().get("id").asText();
    }

    /** The id of the role, which is made if Keystone has none of that name. */
    public String roleId(String role) {
        var found = findRole(role);
        if (!found.isEmpty()) {
            return found;
        }
        // Somebody else who tests here may have made it just now.
        var made = admin("POST", "/roles", "{\"role\":{\"name\":\"%s\"}}".formatted(role));
        return made.status() == 409 ? findRole(role) : must(made).at("/role/id").asText();
    }

    private String findRole(String role) {
        return admin("GET", "/roles?name=" + encode(role), null)
                .body()
                .at("/roles/0/id")
                .asText();
    }

    /** The id of the domain, or an empty string. */
    public String domainId(String name) {
        return admin("GET", "/domains?name=" + encode(name), null)
                .body()
                .at("/domains/0/id")
                .asText();
    }

    /** The users of that name in the domain of that name: none or one. */
    public List<JsonNode> users(String domain, String name) {
        var domainId = domainId(domain);
        return domainId.isEmpty()
                ? List.of()
                : list(admin("GET", "/users?domain_id=%s&name=%s".formatted(domainId, encode(name)), null)
                        .body()
                        .at("/users"));
    }

    /** The trusts to this user, each with its roles. */
    public List<JsonNode> trustsTo(String trustee) {
        return list(admin("GET", "/OS-TRUST/trusts?trustee_user_id=" + trustee, null)
                        .body()
                        .at("/trusts"))
                .stream()
                .map(trust -> admin("GET", "/OS-TRUST/trusts/" + trust.get("id").asText(), null)
                        .body()
                        .get("trust"))
                .toList();
    }

    /** What Keystone says of a token. */
    public Answer validate(String token) {
        return send("GET", "/auth/tokens", null, adminToken(), token);
    }

    /** Ends a token. */
    public void revokeToken(String token) {
        must(send("DELETE", "/auth/tokens", null, adminToken(), token));
    }

    /** A call with somebody's token. */
    public Answer as(String token, String method, String path, @Nullable String body) {
        return send(method, path, body, token, null);
    }

    /** A call as the administrator. */
    public Answer admin(String method, String path, @Nullable String body) {
        return send(method, path, body, adminToken(), null);
    }

    void removeDomain(String name) {
        var id = domainId(name);
        if (!id.isEmpty()) {
            admin("PATCH", "/domains/" + id, "{\"domain\":{\"enabled\":false}}");
            admin("DELETE", "/domains/" + id, null);
        }
    }

    /** The id of the user of that name in the domain of that id, who is made with this password if there is none. */
    public String makeUser(String domainId, String name, String password) {
        var there = admin("GET", "/users?domain_id=%s&name=%s".formatted(domainId, encode(name)), null)
                .body()
                .at("/users/0/id")
                .asText();
        return there.isEmpty()
                ? must(admin(
                                "POST",
                                "/users",
                                "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\",\"password\":\"%s\"}}"
                                        .formatted(name, domainId, password)))
                        .at("/user/id")
                        .asText()
                : there;
    }

    /** Makes a trust as the provisioner does: marked with Lanyard's domain, which is the trustor's. Answers its id. */
    public String makeTrust(
            String trustor,
            String password,
            String domainId,
            String trustee,
            String project,
            String role,
            Instant end) {
        var trust = trust(trustor, domainId, trustee, project, role, end);
        return must(as(projectToken(trustor, password, project), "POST", "/OS-TRUST/trusts", trust))
                .at("/trust/id")
                .asText();
    }

    /**
     * Makes a trust to a user of the domain that there is no more. Keystone does that if the user is removed in the middle of it, which is
     * tried until it happens.
     */
    public void makeTrustToNobody(
            String trustor, String password, String domainId, String project, String role, Instant end) {
        for (int i = 0; i < TRIES; i++) {
            // Not one for all: a token of the very second in which the password was set is refused.
            var token = projectToken(trustor, password, project);
            var trustee = makeUser(domainId, "nobody-" + i, password);
            var trust = trust(trustor, domainId, trustee, project, role, end);
            var making = CompletableFuture.supplyAsync(() -> as(token, "POST", "/OS-TRUST/trusts", trust));
            // A bit later each time: when the middle is, only Keystone knows.
            var removing = CompletableFuture.runAsync(
                    () -> must(admin("DELETE", "/users/" + trustee, null)),
                    CompletableFuture.delayedExecutor(i % LONGEST_LAG_MILLIS, TimeUnit.MILLISECONDS));
            making.join();
            removing.join();
            if (!admin("GET", "/OS-TRUST/trusts?trustee_user_id=" + trustee, null)
                    .body()
                    .path("trusts")
                    .isEmpty()) {
                return;
            }
        }
        throw new IllegalStateException("Keystone makes no trust to a user that is being removed");
    }

    private static String trust(
            String trustor, String domainId, String trustee, String project, String role, Instant end) {
        return """
                {"trust":{"trustor_user_id":"%s","trustee_user_id":"%s","project_id":"%s","impersonation":false,
                 "roles":[{"name":"%s"}],"expires_at":"%s","lanyard_domain":"%s"}}
                """
                .formatted(trustor, trustee, project, role, END.format(end), domainId);
    }

    /** A token of a trust, for its trustee, as Keystone gives it to whoever knows the password. */
    public String trustToken(String trustee, String password, String trust) {
        var login =
                """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                 "scope":{"OS-TRUST:trust":{"id":"%s"}}}}
                """
                        .formatted(trustee, password, trust);
        return Objects.requireNonNull(
                send("POST", "/auth/tokens", login, null, null).token(), "Keystone gives no token for the trust");
    }

    /** The status of a login by password, without a scope. */
    public int logIn(String user, String password) {
        var login =
                """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                 "scope":{"unscoped":{}}}}
                """
                        .formatted(user, password);
        return send("POST", "/auth/tokens", login, null, null).status();
    }

    /** A token of the project, for a user who has a role on it. */
    public String projectToken(String user, String password, String project) {
        var login =
                """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                 "scope":{"project":{"id":"%s"}}}}
                """
                        .formatted(user, password, project);
        return Objects.requireNonNull(
                send("POST", "/auth/tokens", login, null, null).token(), "Keystone gives no token for the project");
    }

    /** The administrator's token. */
    public synchronized String adminToken() {
        if (adminToken == null) {
            var login =
                    """
                    {"auth":{"identity":{"methods":["password"],"password":{"user":
                      {"name":"%s","password":"%s","domain":{"name":"%s"}}}},
                     "scope":{"project":{"name":"%s","domain":{"name":"%s"}}}}}
                    """
                            .formatted(
                                    administrator.get("OS_USERNAME"),
                                    administrator.get("OS_PASSWORD"),
                                    administrator.get("OS_USER_DOMAIN_NAME"),
                                    administrator.get("OS_PROJECT_NAME"),
                                    administrator.get("OS_PROJECT_DOMAIN_NAME"));
            adminToken = send("POST", "/auth/tokens", login, null, null).token();
        }
        return adminToken;
    }

    private Answer send(
            String method, String path, @Nullable String body, @Nullable String token, @Nullable String subject) {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (token != null) {
            request.header("X-Auth-Token", token);
        }
        if (subject != null) {
            request.header("X-Subject-Token", subject);
        }
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(),
                    JSON.readTree(response.body()),
                    response.headers().firstValue("X-Subject-Token").orElse(null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode must(Answer answer) {
        if (answer.status() >= 300) {
            throw new IllegalStateException("Keystone answered %d: %s".formatted(answer.status(), answer.body()));
        }
        return answer.body();
    }

    private static List<JsonNode> list(JsonNode array) {
        var nodes = new ArrayList<JsonNode>();
        array.forEach(nodes::add);
        return nodes;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
