package lanyard.local.bootstrap;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import lanyard.local.terminal.Trouble;

/**
 * What Lanyard's place on a cloud is called.
 *
 * @param domain in which custodians and trustees live
 * @param userDomain in which the services' own users live: not in Lanyard's, or the provisioner could set their passwords
 * @param profileRoles those that the provisioner may hand on, in order
 */
public record Cloud(String domain, String userDomain, List<String> profileRoles) {
    public Cloud {
        if (domain.equals(userDomain)) {
            throw new Trouble(
                    "the services' users can't live in Lanyard's own domain, where the provisioner may set every password",
                    "name another one by --user-domain");
        }
        profileRoles = List.copyOf(new TreeSet<>(profileRoles));
        for (var role : profileRoles) {
            if (!role.matches("[A-Za-z0-9_.@-]+")) {
                throw new Trouble(
                        "the role '" + role + "' can't be written in Keystone's policy",
                        "name roles of letters, digits and _ . @ - only");
            }
            if (role.equals("admin") || role.startsWith("lanyard_")) {
                throw new Trouble(
                        "the role " + role + " is not one to hand on to clusters", "take it out of the profiles");
            }
        }
        if (profileRoles.isEmpty()) {
            throw new Trouble("there is no role to hand on to clusters", "name some by --roles");
        }
    }

    /**
     * The project, in Lanyard's domain, on which the services log in. That is what binds them to the domain: Keystone's policy compares
     * the domain of a token's project with that of whatever is acted on.
     */
    public String project() {
        return "lanyard";
    }

    /** What the service is to be told, by its variables; the password by the file that has it. */
    public Map<String, String> settings(ServiceUser service, Path password) {
        var settings = new LinkedHashMap<String, String>();
        settings.put("LANYARD_DOMAIN", domain);
        settings.put("LANYARD_KEYSTONE_USERNAME", user(service));
        settings.put(
                "LANYARD_KEYSTONE_PASSWORD_FILE",
                password.toAbsolutePath().normalize().toString());
        settings.put("LANYARD_KEYSTONE_USER_DOMAIN", userDomain);
        settings.put("LANYARD_KEYSTONE_PROJECT", project());
        settings.put("LANYARD_KEYSTONE_PROJECT_DOMAIN", domain);
        return settings;
    }

    /** The name of a service's user, which says whose Lanyard it is where a cloud has several. */
    public String user(ServiceUser service) {
        return domain + "-" + service.service();
    }
}
