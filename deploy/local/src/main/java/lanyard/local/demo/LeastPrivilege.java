package lanyard.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;

/** What somebody would try who got hold of a cluster's token, each attempt made on the real Keystone. */
final class LeastPrivilege {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private LeastPrivilege() {}

    /** An attempt and what Keystone said to it. */
    record Attempt(String what, Reply reply) {}

    static List<Attempt> attempts(
            Keystone keystone, String token, KeystoneView.Delegation delegation, Keystone.Caller admin) {
        var cluster = keystone.as(token);
        var self = delegation.trustee().id();
        var custodian = delegation.custodian().id();
        var elsewhere = admin.project();
        var member = admin.get("/roles?name=member").body().at("/roles/0/id").asText();
        return List.of(
                new Attempt("list the cloud's users", cluster.get("/users")),
                new Attempt("create a user", cluster.post("/users", named("user"))),
                new Attempt(
                        "become a member of the admin's project",
                        cluster.put("/projects/%s/users/%s/roles/%s".formatted(elsewhere, self, member))),
                new Attempt("exchange it for one of the admin's project", keystone.exchange(token, elsewhere)),
                new Attempt(
                        "make an application credential, to outlive the cluster",
                        cluster.post("/users/" + self + "/application_credentials", named("application_credential"))),
                new Attempt(
                        "make another trust in the custodian's name",
                        cluster.post(
                                "/OS-TRUST/trusts",
                                trust(custodian, self, delegation.project().id()))));
    }

    private static JsonNode named(String kind) {
        ObjectNode body = NODES.objectNode();
        body.putObject(kind).put("name", "demo-intruder");
        return body;
    }

    private static JsonNode trust(String trustor, String trustee, String project) {
        ObjectNode body = NODES.objectNode();
        body.putObject("trust")
                .put("trustor_user_id", trustor)
                .put("trustee_user_id", trustee)
                .put("project_id", project)
                .put("impersonation", true)
                .putArray("roles")
                .addObject()
                .put("name", "member");
        return body;
    }
}
