package lanyard.local.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;

/** The real Keystone of the stack that runs the tests, which has Lanyard's policy; and on it a place of this test's own. */
final class StacksKeystone implements AutoCloseable {
    static final List<String> ROLES = List.of("member", "load-balancer_member");

    final Keystone keystone = new Keystone(environment("LANYARD_KEYSTONE_URL"));
    final Keystone.Caller admin = keystone.login(System.getenv());
    final Cloud cloud = new Cloud("cloud-" + UUID.randomUUID(), "Default", ROLES);
    final List<Call> calls = new ArrayList<>();
    final PasswordFiles passwords;

    StacksKeystone(Path directory) {
        passwords = new PasswordFiles(directory);
    }

    static String environment(String variable) {
        return Optional.ofNullable(System.getenv(variable))
                .orElseThrow(
                        () -> new IllegalStateException(
                                variable
                                        + " is not set: run the tests by ./lanyard test, or first `./lanyard up --parts-only && . .lanyard/env`"));
    }

    Setup setup() {
        calls.clear();
        return new Setup(cloud, keystone, admin, passwords, calls::add);
    }

    Rehearsal rehearsal() {
        calls.clear();
        return new Rehearsal(cloud, keystone, admin, passwords, calls::add);
    }

    /** Logs in as that service does. */
    Keystone.Caller as(ServiceUser service) {
        return keystone.login(Map.of(
                "OS_USERNAME", cloud.user(service),
                "OS_PASSWORD", passwords.read(service).orElseThrow(),
                "OS_PROJECT_NAME", cloud.project(),
                "OS_PROJECT_DOMAIN_NAME", cloud.domain()));
    }

    /** Id of what is called so; an empty string if nothing is. */
    String id(String collection, String name) {
        return admin.get("/%s?name=%s".formatted(collection, Keystone.quoted(name)))
                .body()
                .at("/%s/0/id".formatted(collection))
                .asText();
    }

    String id(ServiceUser service) {
        return id("users", cloud.user(service));
    }

    String project() {
        return admin.get("/projects?name=lanyard&domain_id=" + id("domains", cloud.domain()))
                .body()
                .at("/projects/0/id")
                .asText();
    }

    Reply make(String collection, String member, Map<String, ?> fields) {
        return admin.post("/" + collection, json(Map.of(member, fields)));
    }

    static JsonNode json(Map<String, ?> body) {
        return new JsonMapper().valueToTree(body);
    }

    @Override
    public void close() {
        for (var service : ServiceUser.values()) {
            var user = id(service);
            if (!user.isEmpty()) {
                admin.delete("/users/" + user);
            }
        }
        var domain = id("domains", cloud.domain());
        if (!domain.isEmpty()) {
            admin.call("PATCH", "/domains/" + domain, json(Map.of("domain", Map.of("enabled", false))));
            admin.delete("/domains/" + domain);
        }
    }
}
