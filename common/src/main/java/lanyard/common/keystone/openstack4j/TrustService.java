package lanyard.common.keystone.openstack4j;

import static lanyard.common.keystone.openstack4j.Fields.each;
import static lanyard.common.keystone.openstack4j.Fields.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.model.common.ActionResponse;
import org.openstack4j.openstack.internal.BaseOpenStackService;

/**
 * Keystone's OS-TRUST extension, which openstack4j does not have
 * (https://docs.openstack.org/api-ref/identity/v3-ext/#os-trust-api). Called within a session; failures are {@link Failed}.
 */
final class TrustService extends BaseOpenStackService {
    private static final String TRUSTS = "/OS-TRUST/trusts";

    TrustService() {
        super(ServiceType.IDENTITY);
    }

    /** Makes a trust. The session's user must be the trustor. */
    Trust create(String trustorId, String trusteeId, String projectId, Set<String> roleNames) {
        var request = BufferedAnswer.JSON.createObjectNode();
        var trust = request.putObject("trust")
                .put("trustor_user_id", trustorId)
                .put("trustee_user_id", trusteeId)
                .put("project_id", projectId)
                .put("impersonation", false)
                .put("allow_redelegation", false)
                .putNull("remaining_uses");
        var roles = trust.putArray("roles");
        // Said as names outright: a bare string would have to be guessed to be a name or an id.
        roleNames.stream().sorted().forEach(name -> roles.addObject().put("name", name));
        return trust(post(JsonNode.class, TRUSTS).json(request.toString()).execute());
    }

    /** The ids of the trusts to a trustee. Keystone leaves the roles out of its list. */
    List<String> idsTo(String trusteeId) {
        var answer =
                get(JsonNode.class, TRUSTS).param("trustee_user_id", trusteeId).execute();
        return each(answer, "trusts", "a list of trusts")
                .map(trust -> {
                    // A filter that was not heeded would hand other people's trusts to whoever deletes them.
                    if (!text(trust, "trustee_user_id", "a trust").equals(trusteeId)) {
                        throw Failed.malformed("the trusts of that trustee");
                    }
                    return Ids.require(text(trust, "id", "a trust"));
                })
                .toList();
    }

    /** A trust with the roles that it delegates. */
    Trust find(String trustId) {
        return trust(get(JsonNode.class, TRUSTS, "/", trustId).execute());
    }

    ActionResponse remove(String trustId) {
        return deleteWithResponse(TRUSTS, "/", trustId).execute();
    }

    private static Trust trust(JsonNode answer) {
        var trust = answer.path("trust");
        var project = trust.path("project_id");
        return new Trust(
                text(trust, "id", "a trust"),
                text(trust, "trustor_user_id", "a trust"),
                text(trust, "trustee_user_id", "a trust"),
                // Others' trusts may be for no project, and then delegate nothing.
                project.isNull() ? "" : text(trust, "project_id", "a trust"),
                each(trust, "roles", "a trust")
                        .map(role -> text(role, "name", "a role"))
                        .collect(Collectors.toUnmodifiableSet()));
    }
}
