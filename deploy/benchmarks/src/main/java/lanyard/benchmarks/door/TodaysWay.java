package lanyard.benchmarks.door;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;
import lanyard.local.terminal.Trouble;

/**
 * What clusters do without Lanyard: each has a user of its own with a password and a trust from the cluster's owner, and whatever runs on
 * it logs in at Keystone with these.
 *
 * @param owner who made the trust, on the project that it is for
 */
record TodaysWay(Keystone keystone, String owner, List<Trustee> trustees) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** A cluster's user. */
    record Trustee(String user, String password, String trust) {
        /** Without the password. */
        @Override
        public String toString() {
            return "Trustee[" + user + "]";
        }
    }

    /** Makes so many clusters' users and trusts. The owner is one that can log in, since only a trustor can make a trust. */
    static TodaysWay make(Keystone keystone, Keystone.Caller admin, String project, List<String> roles, int clusters) {
        var password = password();
        var owner = user(admin, password);
        for (var role : roles) {
            var id = admin.find("roles", role).id();
            made(admin.put("/projects/%s/users/%s/roles/%s".formatted(project, owner, id)), "granting " + role);
        }
        var login = keystone.loginByPassword(owner, password, project);
        made(login, "logging in as the owner of trusts");
        var asOwner = keystone.as(login.token());
        var trustees = IntStream.range(0, clusters)
                .mapToObj(i -> {
                    var secret = password();
                    var trustee = user(admin, secret);
                    var trust = asOwner.post("/OS-TRUST/trusts", trust(owner, trustee, project, roles));
                    return new Trustee(
                            trustee,
                            secret,
                            made(trust, "making a trust").at("/trust/id").asText());
                })
                .toList();
        return new TodaysWay(keystone, owner, trustees);
    }

    /** What Keystone itself says to such a login: the body of a token. */
    JsonNode token() {
        var first = trustees.getFirst();
        return made(
                keystone.loginThroughTrust(first.user(), first.password(), first.trust()),
                "logging in through a trust");
    }

    private static String user(Keystone.Caller admin, String password) {
        ObjectNode body = NODES.objectNode();
        body.putObject("user").put("name", "bench-" + UUID.randomUUID()).put("password", password);
        return made(admin.post("/users", body), "making a user").at("/user/id").asText();
    }

    private static JsonNode trust(String owner, String trustee, String project, List<String> roles) {
        ObjectNode body = NODES.objectNode();
        var trust = body.putObject("trust")
                .put("trustor_user_id", owner)
                .put("trustee_user_id", trustee)
                .put("project_id", project)
                .put("impersonation", false);
        var names = trust.putArray("roles");
        roles.forEach(role -> names.addObject().put("name", role));
        return body;
    }

    private static JsonNode made(Reply reply, String what) {
        if (!reply.isSuccess()) {
            throw new Trouble(what + " failed (" + reply + ")", "look at Keystone's log");
        }
        return reply.body();
    }

    private static String password() {
        var bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
