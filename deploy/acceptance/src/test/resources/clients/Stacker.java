import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.openstack4j.api.client.IOSClientBuilder;
import org.openstack4j.api.exceptions.ResponseException;
import org.openstack4j.model.common.Identifier;
import org.openstack4j.openstack.OSFactory;

/**
 * Logs in at the door in each way in which openstack4j can, and asks which project that is for. The client credential is on standard
 * input, as the JSON that was sealed, and beside it a token of it. Each answer is a line: the way, and what came of it.
 */
public class Stacker {
    public static void main(String[] arguments) throws IOException {
        var credential = new ObjectMapper().readTree(System.in);
        var url = credential.get("auth_url").asText();
        var user = credential.get("user_id").asText();
        var secret = credential.get("application_credential_secret").asText();
        var project = Identifier.byId(credential.get("project").asText());
        var domain = Identifier.byId(credential.get("user_domain_id").asText());

        tell("user", at(url).credentials(user, secret));
        tell("project", at(url).credentials(user, secret).scopeToProject(project));
        tell("name", at(url).credentials(credential.get("username").asText(), secret, domain));
        // openstack4j itself fails on a token without a scope.
        tell("token", at(url).token(credential.get("token").asText()).scopeToProject(project));
    }

    private static IOSClientBuilder.V3 at(String url) {
        return OSFactory.builderV3().endpoint(url);
    }

    private static void tell(String way, IOSClientBuilder.V3 login) {
        try {
            var client = login.authenticate();
            var seen = client.identity().tokens().get(client.getToken().getId());
            System.out.println(way + " " + seen.getProject().getId());
        } catch (ResponseException e) {
            System.out.println(way + " " + e.getClass().getSimpleName() + " " + e.getStatus());
        }
    }
}
