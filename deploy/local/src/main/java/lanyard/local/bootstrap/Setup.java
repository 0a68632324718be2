package lanyard.local.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanyard.local.bootstrap.Step.Assign;
import lanyard.local.bootstrap.Step.Make;
import lanyard.local.bootstrap.Step.SetPassword;
import lanyard.local.keystone.Keystone;
import lanyard.local.keystone.Reply;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * Makes what Lanyard needs at Keystone: looks what is there, and carries out the {@link Plan} for the rest. After a run that was cut short
 * the next one finds what that has made, and goes on.
 */
public final class Setup {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern UNKNOWN = Pattern.compile("\\{([^{}]+)}");

    private final Cloud cloud;
    private final Keystone keystone;
    private final Keystone.Caller admin;
    private final PasswordFiles passwords;
    private final Consumer<Call> told;

    /**
     * @param admin an administrator of the cloud
     * @param told hears of every call
     */
    public Setup(Cloud cloud, Keystone keystone, Keystone.Caller admin, PasswordFiles passwords, Consumer<Call> told) {
        this.cloud = cloud;
        this.keystone = keystone;
        this.admin = admin;
        this.passwords = passwords;
        this.told = told;
    }

    /**
     * @param rotate whether the services get new passwords
     * @param dry whether it is only said what would be done
     * @return how much was made or changed, or would be
     */
    public int run(boolean rotate, boolean dry) {
        var found = look();
        var plan = Plan.of(cloud, found, rotate);
        var known = new HashMap<>(found.ids());
        for (var step : plan.steps()) {
            if (dry) {
                tell(step.method(), resolved(step.path(), known, false), step.what(), would(step));
            } else {
                carryOut(step, rotate, known);
            }
        }
        return plan.steps().size();
    }

    private static String would(Step step) {
        return switch (step) {
            case Make _, Assign _ -> "would make";
            case SetPassword _ -> "would set";
        };
    }

    // What is there.

    private Found look() {
        var ids = new HashMap<String, String>();
        find(ids, Plan.domain(cloud), "domains", cloud.domain(), null);
        find(ids, Plan.userDomain(cloud), "domains", cloud.userDomain(), null);
        if (!ids.containsKey(Plan.userDomain(cloud))) {
            throw new Trouble(
                    "Keystone has no domain " + cloud.userDomain() + " for the services' users",
                    "name one that is there by --user-domain");
        }
        find(ids, Plan.project(cloud), "projects", cloud.project(), ids.get(Plan.domain(cloud)));
        for (var service : ServiceUser.values()) {
            find(ids, Plan.role(service), "roles", service.role(), null);
        }
        for (var service : ServiceUser.values()) {
            find(ids, Plan.user(cloud, service), "users", cloud.user(service), ids.get(Plan.userDomain(cloud)));
        }
        cloud.profileRoles().forEach(role -> find(new HashMap<>(), "role " + role, "roles", role, null));
        return new Found(ids, assigned(ids), workingPasswords(ids));
    }

    /** @param domain in which it is looked for; {@code null} if it is in none, or in one that is not there yet */
    private void find(Map<String, String> ids, String thing, String collection, String name, @Nullable String domain) {
        var inDomain = collection.equals("projects") || collection.equals("users");
        if (inDomain && domain == null) {
            return;
        }
        var path = "/%s?name=%s%s".formatted(collection, Keystone.quoted(name), inDomain ? "&domain_id=" + domain : "");
        var there = body("GET", path, null).path(collection);
        if (there.size() > 1) {
            throw new Trouble(
                    "Keystone knows %d %s named %s".formatted(there.size(), collection, name), "remove all but one");
        }
        if (there.size() == 1) {
            ids.put(thing, there.path(0).path("id").asText());
        }
        tell("GET", path, thing, there.size() == 1 ? "was there" : "is not there");
    }

    private Set<ServiceUser> assigned(Map<String, String> ids) {
        var assigned = EnumSet.noneOf(ServiceUser.class);
        for (var service : ServiceUser.values()) {
            var user = ids.get(Plan.user(cloud, service));
            if (user != null && holds(ids, service, user)) {
                assigned.add(service);
            }
        }
        return assigned;
    }

    private boolean holds(Map<String, String> ids, ServiceUser service, String user) {
        var path = "/role_assignments?include_names=true&user.id=" + user;
        boolean holds = false;
        for (var assignment : body("GET", path, null).path("role_assignments")) {
            var role = assignment.path("role");
            if (role.path("id").asText().equals(ids.get(Plan.role(service)))
                    && assignment.at("/scope/project/id").asText().equals(ids.get(Plan.project(cloud)))) {
                holds = true;
            } else {
                tell(
                        "GET",
                        path,
                        Plan.user(cloud, service),
                        "has the role %s beside what it needs: take it away if nobody else needs it"
                                .formatted(role.path("name").asText()));
            }
        }
        tell(
                "GET",
                path,
                "%s for %s".formatted(Plan.role(service), Plan.user(cloud, service)),
                holds ? "was there" : "is not there");
        return holds;
    }

    private Set<ServiceUser> workingPasswords(Map<String, String> ids) {
        var working = EnumSet.noneOf(ServiceUser.class);
        for (var service : ServiceUser.values()) {
            var user = ids.get(Plan.user(cloud, service));
            var password = passwords.read(service);
            if (user != null && password.isPresent()) {
                boolean works = keystone.loginByPassword(user, password.get()).isSuccess();
                tell("POST", "/auth/tokens", Plan.password(service), works ? "works" : "does not work");
                if (works) {
                    working.add(service);
                }
            }
        }
        return working;
    }

    // What is done.

    private void carryOut(Step step, boolean rotate, Map<String, String> known) {
        for (var service : ServiceUser.values()) {
            if (step.fields().containsValue("{" + Plan.password(service) + "}")) {
                known.put(Plan.password(service), password(service, rotate));
            }
        }
        var path = resolved(step.path(), known, true);
        switch (step) {
            case Make(var thing, var _, var member, var fields) -> {
                var made = body(step.method(), path, Map.of(member, resolved(fields, known)));
                known.put(thing, made.path(member).path("id").asText());
            }
            case SetPassword(var _, var _, var _, var fields) ->
                body(step.method(), path, Map.of("user", resolved(fields, known)));
            case Assign _ -> body(step.method(), path, null);
        }
        tell(step.method(), path, step.what(), step instanceof SetPassword ? "set" : "made");
    }

    private String password(ServiceUser service, boolean rotate) {
        return rotate ? passwords.renew(service) : passwords.read(service).orElseGet(() -> passwords.renew(service));
    }

    private static Map<String, Object> resolved(Map<String, Object> fields, Map<String, String> known) {
        var resolved = new HashMap<>(fields);
        resolved.replaceAll((name, value) -> value instanceof String text ? resolved(text, known, true) : value);
        return resolved;
    }

    private static String resolved(String text, Map<String, String> known, boolean all) {
        return UNKNOWN.matcher(text).replaceAll(name -> Matcher.quoteReplacement(value(name, known, all)));
    }

    private static String value(MatchResult name, Map<String, String> known, boolean all) {
        var value = known.get(name.group(1));
        if (value == null && all) {
            throw new IllegalStateException("not known: " + name.group(1));
        }
        return value == null ? name.group() : value;
    }

    private JsonNode body(String method, String path, @Nullable Map<String, ?> body) {
        var reply = admin.call(method, path, body == null ? null : JSON.valueToTree(body));
        if (!reply.isSuccess()) {
            throw refused(method, path, reply);
        }
        return reply.body();
    }

    private static Trouble refused(String method, String path, Reply reply) {
        var what = "Keystone refuses %s %s (%s)".formatted(method, path, reply);
        return switch (reply.status()) {
            case 401, 403 ->
                new Trouble(
                        what,
                        "log in as an administrator of the cloud: source the openrc file of a user with the role admin");
            case 400 ->
                new Trouble(
                        what,
                        "see what it does not like; a password_regex, for instance, that wants other characters than letters, digits, - and _");
            case 409 -> new Trouble(what, "somebody made it just now: run the command again");
            default -> new Trouble(what, "see Keystone's log, and run the command again: it goes on where it stopped");
        };
    }

    private void tell(String method, String path, String what, String result) {
        told.accept(new Call(method, path, what, result));
    }
}
