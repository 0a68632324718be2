package lanyard.local.bootstrap;

import static lanyard.local.bootstrap.ServiceUser.PROVISIONER;
import static lanyard.local.bootstrap.ServiceUser.REVOKER;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * Tries as the services' users, on the real Keystone, what they need to do and what they must not be able to: whether the policy is in
 * force, and no wider than it should be. What it makes in Lanyard's domain for that, it removes.
 *
 * <p>What must be refused is asked for in a way that would do no harm if it was not: Keystone looks at the right before it looks at the
 * rest, so a user without a name, for instance, is either refused or no good.
 */
final class Rehearsal {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int FORBIDDEN = 403;
    private static final String MARK = "lanyard_domain";

    private final Cloud cloud;
    private final Keystone keystone;
    private final Keystone.Caller admin;
    private final PasswordFiles passwords;
    private final Consumer<Call> told;
    private final List<String> lacking = new ArrayList<>();
    private final List<String> excessive = new ArrayList<>();
    private int allowed;

    Rehearsal(Cloud cloud, Keystone keystone, Keystone.Caller admin, PasswordFiles passwords, Consumer<Call> told) {
        this.cloud = cloud;
        this.keystone = keystone;
        this.admin = admin;
        this.passwords = passwords;
        this.told = told;
    }

    /** Somebody who tries. */
    private record Player(String who, Keystone.Caller caller) {}

    /** @throws Trouble if a right is lacking, or there is one too many */
    void run() {
        var provisioner = player(PROVISIONER);
        var revoker = player(REVOKER);
        var domain = id("domains", cloud.domain(), null);
        var elsewhere = id("domains", cloud.userDomain(), null);
        var project = id("projects", cloud.project(), domain);
        var stranger = id("users", cloud.user(REVOKER), elsewhere);
        var name = "rehearsal-" + UUID.randomUUID();
        var password = UUID.randomUUID() + "Aa1";
        try {
            look(provisioner, domain, elsewhere, project, stranger);
            var user = users(provisioner, domain, elsewhere, stranger, name, password);
            if (user != null) {
                trustee(user, password, domain, project);
                grants(provisioner, domain, project, stranger, user);
                trusts(provisioner, revoker, domain, project, user, password);
                // Last: for the rest of that second Keystone takes no token of the user's.
                may(
                        provisioner,
                        "PATCH",
                        "/users/" + user,
                        wrap("user", Map.of("password", password, "enabled", true)),
                        "set the password of a user of Lanyard's");
            }
            revoke(revoker, domain, elsewhere, project, stranger, user);
        } finally {
            clean(domain, name);
        }
        judge();
    }

    private Player player(ServiceUser service) {
        var password = passwords
                .read(service)
                .orElseThrow(() -> new Trouble(
                        "there is no password of the " + service.service() + " in " + passwords.directory(),
                        "run the command without --check and --dry-run first, with the same --out"));
        return new Player(
                service.service(),
                keystone.login(Map.of(
                        "OS_USERNAME", cloud.user(service),
                        "OS_PASSWORD", password,
                        "OS_USER_DOMAIN_NAME", cloud.userDomain(),
                        "OS_PROJECT_NAME", cloud.project(),
                        "OS_PROJECT_DOMAIN_NAME", cloud.domain())));
    }

    private void look(Player provisioner, String domain, String elsewhere, String project, String stranger) {
        may(provisioner, "GET", "/domains?name=" + Keystone.quoted(cloud.domain()), null, "find its domain");
        may(provisioner, "GET", "/projects/" + domain, null, "see whether a project or domain is enabled");
        may(provisioner, "GET", "/roles", null, "list the roles");
        may(
                provisioner,
                "GET",
                "/role_assignments?effective=true&include_names=true&user.id=%s&scope.project.id=%s"
                        .formatted(stranger, project),
                null,
                "read the roles of a cluster's owner");
        may(provisioner, "GET", "/users?domain_id=" + domain, null, "list Lanyard's users");
        mayNot(provisioner, "GET", "/users?domain_id=" + elsewhere, null, "list others' users");
        mayNot(provisioner, "GET", "/users", null, "list all users");
        mayNot(provisioner, "GET", "/users/" + stranger, null, "look at others' users");
        mayNot(provisioner, "POST", "/domains", wrap("domain", Map.of()), "make a domain");
        mayNot(provisioner, "POST", "/projects", wrap("project", Map.of()), "make a project");
        mayNot(
                provisioner,
                "PATCH",
                "/projects/" + project,
                wrap("project", Map.of("enabled", "?")),
                "change a project");
        mayNot(provisioner, "POST", "/roles", wrap("role", Map.of()), "make a role");
    }

    /** @return the user that was made; {@code null} if it was not */
    private @Nullable String users(
            Player provisioner, String domain, String elsewhere, String stranger, String name, String password) {
        var made = may(
                provisioner,
                "POST",
                "/users",
                wrap("user", Map.of("name", name, "domain_id", domain, "password", password)),
                "make a user of Lanyard's");
        mayNot(provisioner, "POST", "/users", wrap("user", Map.of("domain_id", elsewhere)), "make a user elsewhere");
        mayNot(provisioner, "POST", "/users", wrap("user", Map.of()), "make a user nowhere in particular");
        mayNot(provisioner, "PATCH", "/users/" + stranger, wrap("user", Map.of()), "set another user's password");
        mayNot(
                provisioner,
                "PATCH",
                "/users/" + stranger,
                JSON.valueToTree(Map.of("user", Map.of(), "target", Map.of("user", Map.of("domain_id", domain)))),
                "set it by pretending that the user is Lanyard's (CVE-2026-42999)");
        if (!made.isSuccess()) {
            return null;
        }
        return made.body().path("user").path("id").asText();
    }

    /** What anybody may who has no role at all: the token issuer, as its trustees. */
    private void trustee(String user, String password, String domain, String project) {
        var token = keystone.loginByPassword(user, password);
        var trustee = new Player("trustee", keystone.as(token.token()));
        mayNot(trustee, "GET", "/users?domain_id=" + domain, null, "list Lanyard's users");
        mayNot(trustee, "POST", "/users", wrap("user", Map.of("domain_id", domain)), "make a user");
        mayNot(trustee, "PATCH", "/users/" + user, wrap("user", Map.of()), "change a user");
        var role = id("roles", cloud.profileRoles().getFirst(), null);
        mayNot(trustee, "PUT", grant(project, user, role), null, "grant a role");
    }

    private void grants(Player provisioner, String domain, String project, String stranger, String user) {
        for (var name : cloud.profileRoles()) {
            var role = find("roles", name, null);
            if (role != null) {
                may(provisioner, "PUT", grant(project, user, role), null, "give a custodian the role " + name);
                if (!mayNot(provisioner, "PUT", grant(project, stranger, role), null, "give others the role " + name)) {
                    admin.delete(grant(project, stranger, role));
                }
                mayNot(
                        provisioner,
                        "PUT",
                        "/domains/%s/users/%s/roles/%s".formatted(domain, user, role),
                        null,
                        "give the role %s on a domain".formatted(name));
            }
        }
        for (var name : List.of("admin", PROVISIONER.role())) {
            var role = find("roles", name, null);
            if (role != null) {
                mayNot(provisioner, "PUT", grant(project, user, role), null, "give the role " + name);
            }
        }
    }

    private static String grant(String project, String user, String role) {
        return "/projects/%s/users/%s/roles/%s".formatted(project, user, role);
    }

    private void trusts(
            Player provisioner, Player revoker, String domain, String project, String user, String password) {
        var custodian = new Player(
                "custodian",
                keystone.as(keystone.loginByPassword(user, password).token()));
        var marked = trust(custodian, user, project, domain, "make a trust of Lanyard's");
        var foreign = trust(custodian, user, project, null, "make a trust that is not marked as Lanyard's");
        for (var player : List.of(provisioner, revoker)) {
            may(player, "GET", "/OS-TRUST/trusts?trustor_user_id=" + user, null, "list a custodian's trusts");
            may(player, "GET", "/OS-TRUST/trusts?trustee_user_id=" + user, null, "list a trustee's trusts");
            mayNot(player, "GET", "/OS-TRUST/trusts", null, "list all trusts");
            mayNot(
                    player,
                    "POST",
                    "/OS-TRUST/trusts",
                    wrap("trust", Map.of("trustor_user_id", user, "trustee_user_id", user, "impersonation", false)),
                    "make a trust in a custodian's place");
        }
        if (marked != null) {
            may(provisioner, "GET", "/OS-TRUST/trusts/" + marked, null, "see what a trust of Lanyard's delegates");
            may(revoker, "DELETE", "/OS-TRUST/trusts/" + marked, null, "remove a trust of Lanyard's");
        }
        var again = trust(custodian, user, project, domain, "make another one");
        if (again != null) {
            may(provisioner, "DELETE", "/OS-TRUST/trusts/" + again, null, "remove a trust of Lanyard's");
        }
        if (foreign != null) {
            mayNot(provisioner, "GET", "/OS-TRUST/trusts/" + foreign, null, "see what others' trusts delegate");
            mayNot(revoker, "DELETE", "/OS-TRUST/trusts/" + foreign, null, "remove others' trusts");
            mayNot(provisioner, "DELETE", "/OS-TRUST/trusts/" + foreign, null, "remove others' trusts");
        }
    }

    private @Nullable String trust(Player custodian, String user, String project, @Nullable String mark, String what) {
        var trust = JsonNodeFactory.instance.objectNode();
        trust.put("trustor_user_id", user)
                .put("trustee_user_id", user)
                .put("project_id", project)
                .put("impersonation", false);
        trust.putArray("roles").addObject().put("name", cloud.profileRoles().getFirst());
        if (mark != null) {
            trust.put(MARK, mark);
        }
        var made = may(
                custodian,
                "POST",
                "/OS-TRUST/trusts",
                JsonNodeFactory.instance.objectNode().set("trust", trust),
                what);
        return made.isSuccess() ? made.body().path("trust").path("id").asText() : null;
    }

    private void revoke(
            Player revoker, String domain, String elsewhere, String project, String stranger, @Nullable String user) {
        may(revoker, "GET", "/domains?name=" + Keystone.quoted(cloud.domain()), null, "find Lanyard's domain");
        may(revoker, "GET", "/users?domain_id=" + domain, null, "list Lanyard's users");
        mayNot(revoker, "GET", "/users?domain_id=" + elsewhere, null, "list others' users");
        mayNot(revoker, "GET", "/roles", null, "list the roles");
        mayNot(revoker, "GET", "/role_assignments", null, "read who has which role");
        mayNot(revoker, "GET", "/projects/" + domain, null, "look at a project");
        mayNot(revoker, "POST", "/users", wrap("user", Map.of("domain_id", domain)), "make a user of Lanyard's");
        mayNot(revoker, "POST", "/domains", wrap("domain", Map.of()), "make a domain");
        mayNot(revoker, "POST", "/projects", wrap("project", Map.of()), "make a project");
        mayNot(
                revoker,
                "POST",
                "/credentials",
                wrap("credential", Map.of("user_id", stranger + "0", "type", "cert", "blob", "?")),
                "make a credential for others");
        if (user != null) {
            mayNot(
                    revoker,
                    "PATCH",
                    "/users/" + user,
                    wrap("user", Map.of()),
                    "set the password of a user of Lanyard's");
            var role = id("roles", cloud.profileRoles().getFirst(), null);
            mayNot(revoker, "PUT", grant(project, user, role), null, "grant a role");
            may(revoker, "DELETE", "/users/" + user, null, "remove a user of Lanyard's");
        }
    }

    /** Nothing of what was made for this may stay, whatever went wrong. */
    private void clean(String domain, String name) {
        var left = find("users", name, domain);
        if (left != null) {
            admin.delete("/users/" + left);
        }
    }

    private void judge() {
        if (!excessive.isEmpty()) {
            throw new Trouble(
                    "Keystone's policy lets Lanyard's services do more than they should: "
                            + String.join(", ", excessive),
                    "see whether another rule of its policy file names their roles, or they have other roles beside");
        }
        if (allowed == 0 || !lacking.isEmpty()) {
            throw new Trouble(
                    "Keystone's policy does not let Lanyard's services do what they must: "
                            + String.join(", ", lacking),
                    "put the rules of policy.yaml into Keystone's policy file ([oslo_policy] policy_file), on each of its hosts;"
                            + " if they are there, look for an older rule of the same name further down");
        }
    }

    private Reply may(Player player, String method, String path, @Nullable JsonNode body, String what) {
        var reply = player.caller().call(method, path, body);
        if (reply.isSuccess()) {
            allowed++;
        } else {
            lacking.add(player.who() + " can't " + what);
        }
        tell(player, method, path, what, reply, reply.isSuccess());
        return reply;
    }

    /** @return whether it was refused, as it should be */
    private boolean mayNot(Player player, String method, String path, @Nullable JsonNode body, String what) {
        var reply = player.caller().call(method, path, body);
        boolean refused = reply.status() == FORBIDDEN;
        if (!refused) {
            excessive.add(player.who() + " can " + what);
        }
        tell(player, method, path, what, reply, refused);
        return refused;
    }

    private void tell(Player player, String method, String path, String what, Reply reply, boolean right) {
        told.accept(new Call(
                method,
                path,
                player.who() + ", " + what,
                "%s (%d)%s"
                        .formatted(
                                reply.status() == FORBIDDEN ? "refused" : "allowed",
                                reply.status(),
                                right ? "" : ", which is wrong")));
    }

    private String id(String collection, String name, @Nullable String domain) {
        var found = find(collection, name, domain);
        if (found == null) {
            throw new Trouble(
                    "Keystone has none of the %s named %s".formatted(collection, name),
                    "run the command without --check first; roles of the profiles are the cloud's to make");
        }
        return found;
    }

    private @Nullable String find(String collection, String name, @Nullable String domain) {
        var path = "/%s?name=%s%s"
                .formatted(collection, Keystone.quoted(name), domain == null ? "" : "&domain_id=" + domain);
        var id = admin.get(path).body().path(collection).path(0).path("id").asText();
        return id.isEmpty() ? null : id;
    }

    private static JsonNode wrap(String member, Map<String, ?> fields) {
        return JSON.valueToTree(Map.of(member, fields));
    }
}
