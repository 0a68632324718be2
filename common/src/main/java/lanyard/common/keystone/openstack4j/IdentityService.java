package lanyard.common.keystone.openstack4j;

import static lanyard.common.keystone.openstack4j.Fields.each;
import static lanyard.common.keystone.openstack4j.Fields.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.KeystoneAdmin.Users;
import lanyard.common.secrets.Secret;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.openstack.internal.BaseOpenStackService;

/**
 * Calls of Keystone's Identity API v3 that openstack4j's services lack, or make in a way that won't do: its users know no options and
 * print their password, its effective role assignments have no names. Called within a session; failures are {@link Failed}.
 */
final class IdentityService extends BaseOpenStackService {
    IdentityService() {
        super(ServiceType.IDENTITY);
    }

    /** Whether a project is enabled, or a domain, which Keystone has among its projects. */
    boolean isEnabled(String id) {
        var enabled = get(JsonNode.class, "/projects/", id).execute().at("/project/enabled");
        if (!enabled.isBoolean()) {
            throw Failed.malformed("a project");
        }
        return enabled.asBoolean();
    }

    /**
     * The users of a domain. A Keystone that lists in pages names the next one; here the first is all that is asked for, so what it
     * has left out is told as one that lists no more.
     */
    Users users(String domainId) {
        var answer = get(JsonNode.class, "/users").param("domain_id", domainId).execute();
        var users = each(answer, "users", "a list of users")
                .map(user -> {
                    // A filter that was not heeded would hand other domains' users to whoever deletes them.
                    if (!text(user, "domain_id", "a user").equals(domainId)) {
                        throw Failed.malformed("the users of that domain");
                    }
                    return user(user);
                })
                .toList();
        return new Users(
                users,
                answer.path("truncated").asBoolean() || answer.at("/links/next").isTextual());
    }

    /** Makes an enabled user whom the cloud's password rules leave alone: nobody is there to change the password. */
    User createUser(String domainId, String name, Secret password, String description) {
        var request = BufferedAnswer.JSON.createObjectNode();
        request.putObject("user")
                .put("domain_id", domainId)
                .put("name", name)
                .put("password", password.reveal())
                .put("description", description)
                .put("enabled", true)
                .set("options", options());
        return user(post(JsonNode.class, "/users")
                .json(request.toString())
                .execute()
                .path("user"));
    }

    private static JsonNode options() {
        return BufferedAnswer.JSON
                .createObjectNode()
                .put("ignore_password_expiry", true)
                .put("ignore_lockout_failure_attempts", true)
                .put("ignore_change_password_upon_first_use", true)
                .put("ignore_user_inactivity", true);
    }

    /** Sets a user's password, without the old one, and enables the user, whom the cloud's password rules leave alone from now on. */
    User resetPassword(String userId, Secret password) {
        var request = BufferedAnswer.JSON.createObjectNode();
        request.putObject("user")
                .put("password", password.reveal())
                .put("enabled", true)
                .set("options", options());
        return user(patch(JsonNode.class, "/users/", userId)
                .json(request.toString())
                .execute()
                .path("user"));
    }

    /** The names of the roles that count for a user on a project. */
    Set<String> effectiveRoles(String userId, String projectId) {
        var answer = get(JsonNode.class, "/role_assignments")
                .param("user.id", userId)
                .param("scope.project.id", projectId)
                .param("effective", true)
                .param("include_names", true)
                .execute();
        return each(answer, "role_assignments", "a list of role assignments")
                .filter(assignment -> {
                    // A filter that was not heeded would lend this user the roles of others.
                    if (!text(assignment.path("user"), "id", "a role assignment")
                                    .equals(userId)
                            || !text(assignment.at("/scope/project"), "id", "a role assignment")
                                    .equals(projectId)) {
                        throw Failed.malformed("the roles of that user on that project");
                    }
                    // A domain's own role may have the name of another one, and policies don't know it.
                    return !assignment.path("role").has("domain");
                })
                .map(assignment -> text(assignment.path("role"), "name", "a role"))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static User user(JsonNode user) {
        return new User(
                text(user, "id", "a user"),
                text(user, "name", "a user"),
                user.path("enabled").asBoolean());
    }
}
