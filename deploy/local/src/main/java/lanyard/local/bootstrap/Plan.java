package lanyard.local.bootstrap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanyard.local.bootstrap.Step.Assign;
import lanyard.local.bootstrap.Step.Make;
import lanyard.local.bootstrap.Step.SetPassword;

/** What to do for a cloud to have what Lanyard needs, given what it has. Where it has all, that is nothing. */
record Plan(List<Step> steps) {
    /** The cloud's rules for people's passwords would one day lock a service out. */
    private static final Map<String, Object> OPTIONS = Map.of(
            "ignore_password_expiry", true,
            "ignore_lockout_failure_attempts", true,
            "ignore_change_password_upon_first_use", true,
            "ignore_user_inactivity", true);

    Plan {
        steps = List.copyOf(steps);
    }

    static String domain(Cloud cloud) {
        return "domain " + cloud.domain();
    }

    static String userDomain(Cloud cloud) {
        return "domain " + cloud.userDomain();
    }

    static String project(Cloud cloud) {
        return "project " + cloud.project();
    }

    static String role(ServiceUser service) {
        return "role " + service.role();
    }

    static String user(Cloud cloud, ServiceUser service) {
        return "user " + cloud.user(service);
    }

    static String password(ServiceUser service) {
        return "password of the " + service.service();
    }

    /** @param rotate whether the users are to have new passwords, whatever they have */
    static Plan of(Cloud cloud, Found found, boolean rotate) {
        var steps = new ArrayList<Step>();
        make(
                steps,
                found,
                domain(cloud),
                "/domains",
                "domain",
                Map.of("name", cloud.domain(), "description", "Lanyard's users: custodians and trustees"));
        make(
                steps,
                found,
                project(cloud),
                "/projects",
                "project",
                Map.of(
                        "name",
                        cloud.project(),
                        "domain_id",
                        "{" + domain(cloud) + "}",
                        "description",
                        "Lanyard's services log in on it"));
        for (var service : ServiceUser.values()) {
            make(
                    steps,
                    found,
                    role(service),
                    "/roles",
                    "role",
                    Map.of("name", service.role(), "description", "What Lanyard's " + service.service() + " may"));
        }
        for (var service : ServiceUser.values()) {
            user(steps, cloud, found, service, rotate);
        }
        for (var service : ServiceUser.values()) {
            if (!found.assigned().contains(service)) {
                steps.add(new Assign(
                        "/projects/{%s}/users/{%s}/roles/{%s}"
                                .formatted(project(cloud), user(cloud, service), role(service)),
                        "%s for %s on %s".formatted(role(service), user(cloud, service), project(cloud))));
            }
        }
        return new Plan(steps);
    }

    private static void user(List<Step> steps, Cloud cloud, Found found, ServiceUser service, boolean rotate) {
        var user = user(cloud, service);
        var password = "{" + password(service) + "}";
        if (!found.has(user)) {
            var fields = Map.<String, Object>of(
                    "name",
                    cloud.user(service),
                    "domain_id",
                    "{" + userDomain(cloud) + "}",
                    "description",
                    "Lanyard's " + service.service() + ", of domain " + cloud.domain(),
                    "password",
                    password,
                    "options",
                    OPTIONS);
            steps.add(new Make(user, "/users", "user", fields));
        } else if (rotate || !found.workingPasswords().contains(service)) {
            steps.add(new SetPassword(
                    service,
                    "/users/{%s}".formatted(user),
                    "password of " + user,
                    Map.of("password", password, "enabled", true, "options", OPTIONS)));
        }
    }

    private static void make(
            List<Step> steps, Found found, String thing, String path, String member, Map<String, Object> fields) {
        if (!found.has(thing)) {
            steps.add(new Make(thing, path, member, fields));
        }
    }
}
