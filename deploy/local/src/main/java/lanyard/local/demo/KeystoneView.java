package lanyard.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Named;
import lanyard.local.keystone.Reply;

/** What Keystone itself says that it holds, asked as its admin. */
final class KeystoneView {
    private final Keystone.Caller admin;
    private final String domain;

    /** @param domain the name of the domain in which Lanyard keeps its users */
    KeystoneView(Keystone.Caller admin, String domain) {
        this.admin = admin;
        this.domain = domain;
    }

    /** Everything that stands behind one credential of a cluster. */
    record Delegation(
            Named project, Named custodian, Named trustee, String trust, boolean impersonation, Set<String> roles) {}

    Delegation delegation(String cluster, Named project) {
        var custodian =
                user("custodian-" + project.id()).orElseThrow(() -> missing("the project's custodian in Keystone"));
        var trustee = user(cluster).orElseThrow(() -> missing("the cluster's trustee in Keystone"));
        var trusts = trusts(trustee.id());
        Unverified.unless("the number of trusts to the cluster's trustee", 1, trusts.size());
        var trust = trusts.getFirst();
        var id = trust.path("id").asText();
        Unverified.unless(
                "the trust's trustor",
                custodian.id(),
                trust.path("trustor_user_id").asText());
        Unverified.unless(
                "the trust's project", project.id(), trust.path("project_id").asText());
        var roles = expect(admin.get("/OS-TRUST/trusts/" + id + "/roles"), "the trust's roles")
                .path("roles");
        return new Delegation(
                project, custodian, trustee, id, trust.path("impersonation").asBoolean(), names(roles));
    }

    private static Unverified missing(String what) {
        return new Unverified(what, "one", "none");
    }

    /** The user of that name in Lanyard's domain. */
    Optional<Named> user(String name) {
        var domains = expect(admin.get("/domains?name=" + Keystone.quoted(domain)), "the domain")
                .path("domains");
        if (domains.isEmpty()) {
            return Optional.empty();
        }
        var query = "/users?domain_id=%s&name=%s"
                .formatted(Keystone.quoted(domains.path(0).path("id").asText()), Keystone.quoted(name));
        var users = expect(admin.get(query), "the users").path("users");
        return users.isEmpty()
                ? Optional.empty()
                : Optional.of(new Named(users.path(0).path("id").asText(), name));
    }

    List<JsonNode> trusts(String trustee) {
        var reply = admin.get("/OS-TRUST/trusts?trustee_user_id=" + Keystone.quoted(trustee));
        List<JsonNode> trusts = new ArrayList<>();
        if (reply.status() != 404) {
            expect(reply, "the trusts").path("trusts").forEach(trusts::add);
        }
        return trusts;
    }

    /** The roles that a user has been given anywhere, each as {@code role on project <id>}. */
    Set<String> assignments(String user) {
        var reply = admin.get("/role_assignments?include_names&user.id=" + Keystone.quoted(user));
        var assignments = new TreeSet<String>();
        for (var one : expect(reply, "the role assignments").path("role_assignments")) {
            var scope = one.path("scope");
            var where = scope.has("project")
                    ? "project " + scope.path("project").path("id").asText()
                    : scope.fieldNames().hasNext() ? scope.fieldNames().next() : "nothing";
            assignments.add(one.path("role").path("name").asText() + " on " + where);
        }
        return assignments;
    }

    /** Whether Keystone no longer vouches for a token, neither to the admin nor to whoever shows it. */
    boolean isDead(String token, Keystone keystone) {
        return gone(keystone.as(token).validate(token)) && gone(admin.validate(token));
    }

    boolean hasTrust(String id) {
        return !gone(admin.get("/OS-TRUST/trusts/" + id));
    }

    boolean hasUser(String id) {
        return !gone(admin.get("/users/" + id));
    }

    private static boolean gone(Reply reply) {
        return reply.status() == 401 || reply.status() == 404;
    }

    static Set<String> names(JsonNode list) {
        var names = new TreeSet<String>();
        list.forEach(one -> names.add(one.path("name").asText()));
        return names;
    }

    private static JsonNode expect(Reply reply, String what) {
        Unverified.unless(reply.isSuccess(), "asking Keystone for " + what, "HTTP 200", reply);
        return reply.body();
    }
}
