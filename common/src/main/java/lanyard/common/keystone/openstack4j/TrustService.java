package lanyard.common.keystone.openstack4j;

import static lanyard.common.keystone.openstack4j.Fields.each;
import static lanyard.common.keystone.openstack4j.Fields.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.model.common.ActionResponse;
import org.openstack4j.openstack.internal.BaseOpenStackService;

/**
 * Keystone's OS-TRUST extension, which openstack4j does not have
 * (https://docs.openstack.org/api-ref/identity/v3-ext/#os-trust-api). Called within a session; failures are {@link Failed}.
 */
final class TrustService extends BaseOpenStackService {
    private static final String TRUSTS = "/OS-TRUST/trusts";

    /** Keystone keeps what it does not know, and hands it to its policy as {@code target.trust.lanyard_domain}. */
    private static final String MARK = "lanyard_domain";

    private static final DateTimeFormatter END =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    TrustService() {
        super(ServiceType.IDENTITY);
    }

    /** Makes a trust. The session's user must be the trustor. */
    Trust create(Trustor trustor, String trusteeId, String projectId, Set<String> roleNames, Instant expiresAt) {
        var request = BufferedAnswer.JSON.createObjectNode();
        var trust = request.putObject("trust")
                .put("trustor_user_id", trustor.userId())
                .put("trustee_user_id", trusteeId)
                .put("project_id", projectId)
                .put("impersonation", false)
                .put("allow_redelegation", false)
                .put("expires_at", END.format(expiresAt))
                .put(MARK, trustor.domainId())
                .putNull("remaining_uses");
        var roles = trust.putArray("roles");
        // Said as names outright: a bare string would have to be guessed to be a name or an id.
        roleNames.stream().sorted().forEach(name -> roles.addObject().put("name", name));
        var made = trust(
                post(JsonNode.class, TRUSTS).json(request.toString()).execute().path("trust"));
        // By another name nobody would find it again.
        if (!expiresAt.truncatedTo(ChronoUnit.SECONDS).equals(made.expiresAt())) {
            throw Failed.malformed("a trust with the end that was asked for");
        }
        return made;
    }

    /** The trusts to a trustee, whoever made them. */
    List<Trust> to(String trusteeId) {
        return list("trustee_user_id", trusteeId, Trust::trusteeId);
    }

    /** The trusts from a trustor, to whomever. */
    List<Trust> from(String trustorId) {
        return list("trustor_user_id", trustorId, Trust::trustorId);
    }

    /**
     * The trusts from a trustor to a trustee. Asked for both, Keystone lists those of either (seen on Keystone 22), which are all of a
     * cloud's where the trustee is the token issuer: so it is asked for the trustor's.
     */
    List<Trust> between(String trustorId, String trusteeId) {
        return from(trustorId).stream()
                .filter(trust -> trust.trusteeId().equals(trusteeId))
                .toList();
    }

    private List<Trust> list(String filter, String userId, Function<Trust, String> user) {
        return each(get(JsonNode.class, TRUSTS).param(filter, userId).execute(), "trusts", "a list of trusts")
                .map(TrustService::trust)
                .map(trust -> {
                    // A filter that was not heeded would hand other people's trusts to whoever deletes them.
                    if (!user.apply(trust).equals(userId)) {
                        throw Failed.malformed("the trusts of that user");
                    }
                    return trust;
                })
                .toList();
    }

    /** The names of the roles that a trust delegates, which Keystone leaves out of its lists. */
    Set<String> roles(String trustId) {
        var trust = get(JsonNode.class, TRUSTS, "/", trustId).execute().path("trust");
        return each(trust, "roles", "a trust")
                .map(role -> text(role, "name", "a role"))
                .collect(Collectors.toSet());
    }

    ActionResponse remove(String trustId) {
        return deleteWithResponse(TRUSTS, "/", trustId).execute();
    }

    private static Trust trust(JsonNode trust) {
        var project = trust.path("project_id");
        var end = trust.path("expires_at");
        return new Trust(
                Ids.require(text(trust, "id", "a trust")),
                text(trust, "trustor_user_id", "a trust"),
                text(trust, "trustee_user_id", "a trust"),
                // Others' trusts may be for no project, and then delegate nothing.
                project.isNull() ? "" : text(trust, "project_id", "a trust"),
                end.isMissingNode() || end.isNull() ? null : Fields.time(end, "a trust"));
    }
}
