package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.RotationRequested;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.KeystoneTokens.Token;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.Test;

/** The provisioner where trusts are to the token issuer's user, some or all of a cluster's. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "provisioner"))
@TestProfile(Shared.class)
class IssuerTrusteeTest extends Fixture {
    @Inject
    KeystoneTokens tokens;

    @Test
    void aClusterWithoutAUserOfItsOwnCanBeServedByTheIssuer() {
        var tenant = tenant("member");

        var told = provision(cluster, tenant);

        assertThat(told.has("trustee")).isFalse();
        assertThat(user(cluster)).isEmpty();
        records(cluster).forEach(record -> EventSchemas.assertValid(record.value()));
        assertThat(told.get("grants").findValuesAsText("purpose")).containsExactly("registry", "volumes");
        assertThat(told.get("grants").findValuesAsText("trustee")).containsOnly("issuer");
        for (var trust : trusts(told)) {
            var token = done(tokens.issue(issuer(), trust));
            var seen = keystone.validate(token.id().reveal()).body();
            assertThat(seen.at("/token/user/name").asText()).isEqualTo("token-issuer");
            assertThat(seen.at("/token/project/id").asText()).isEqualTo(tenant.project());
            assertThat(seen.at("/token/roles").findValuesAsText("name")).contains("member");
        }
        assertThat(trustsToIssuer(tenant, cluster)).containsExactlyInAnyOrderElementsOf(trusts(told));
    }

    @Test
    void theIssuersUserIsAServiceUserWithoutRolesThatIsMadeOnce() {
        var tenant = tenant("member");

        provision(cluster, tenant);
        var id = user(UserNames.ISSUER);
        provision(UUID.randomUUID().toString(), tenant);

        assertThat(user(UserNames.ISSUER)).isEqualTo(id);
        assertThat(assignments(id)).isEmpty();
        assertThat(keystone.admin("GET", "/users/" + id, null)
                        .body()
                        .at("/user/options/ignore_password_expiry")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void aClusterMayHaveBothKindsOfTrustees() {
        var tenant = tenant("member", "load-balancer_member");

        var told = provision(cluster, tenant);

        assertThat(told.at("/trustee/id").asText()).isEqualTo(user(cluster));
        assertThat(told.get("grants").findValuesAsText("trustee")).containsExactly("per-cluster", "issuer", "issuer");
        assertThat(logIn(user(cluster), trusteePassword(cluster), trusts(told).getFirst()))
                .isEqualTo(201);
        for (var trust : trusts(told).subList(1, 3)) {
            done(tokens.issue(issuer(), trust));
        }
        assertThat(keystone.trustsTo(user(cluster))).hasSize(1);
        records(cluster).forEach(record -> EventSchemas.assertValid(record.value()));
    }

    @Test
    void twoClustersOfAProjectHaveTrustsOfTheirOwnAndARotationOfOneLeavesTheOther() {
        var tenant = tenant("member");
        var second = UUID.randomUUID().toString();
        var first = provision(cluster, tenant);
        var others = provision(second, tenant);
        assertThat(trusts(first)).doesNotContainAnyElementsOf(trusts(others));

        tell(new RotationRequested(cluster, 1, 2));
        var rotated = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));

        assertThat(trusts(rotated)).doesNotContainAnyElementsOf(trusts(first));
        assertThat(trustsToIssuer(tenant, cluster)).containsExactlyInAnyOrderElementsOf(trusts(rotated));
        assertThat(trustsToIssuer(tenant, second)).containsExactlyInAnyOrderElementsOf(trusts(others));
        done(tokens.issue(issuer(), trusts(others).getFirst()));
        done(tokens.issue(issuer(), trusts(rotated).getFirst()));
        assertThat(tokens.issue(issuer(), trusts(first).getFirst())).isInstanceOf(Reply.Denied.class);
    }

    @Test
    void aRotationOfTheClientLeavesTheTrusts() {
        var tenant = tenant("member", "load-balancer_member");
        var first = provision(cluster, tenant);
        var token = done(tokens.issue(issuer(), trusts(first).getLast()));

        tell(new RotationRequested(cluster, 2, 1));
        var second = provisioned(cluster, 2);

        assertThat(second.get("grants")).isEqualTo(first.get("grants"));
        eventually().until(() -> isSettled(cluster));
        assertThat(keystone.validate(token.id().reveal()).status()).isEqualTo(200);
    }

    @Test
    void aTrustThatAnOperatorRemovedIsMadeAnewOnceKeystoneRefusesIt() {
        var tenant = tenant("member");
        var first = provision(cluster, tenant);
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + trusts(first).getFirst(), null);

        tell(refused(1));

        var second = provisioned(cluster, 2);
        assertThat(second.at("/backend/generation").asInt()).isEqualTo(2);
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsToIssuer(tenant, cluster)).containsExactlyInAnyOrderElementsOf(trusts(second));
        for (var trust : trusts(second)) {
            done(tokens.issue(issuer(), trust));
        }
    }

    @Test
    void theIssuersUserIsHealedOnceKeystoneRefusesIt() {
        var tenant = tenant("member");
        provision(cluster, tenant);
        keystone.admin(
                "PATCH",
                "/users/" + user(UserNames.ISSUER),
                "{\"user\":{\"password\":\"somebody changed it\",\"enabled\":false}}");

        tell(refused(1));

        for (var trust : trusts(provisioned(cluster, 2))) {
            done(tokens.issue(issuer(), trust));
        }
        keystone.admin("DELETE", "/users/" + user(UserNames.ISSUER), null);

        tell(refused(2));

        for (var trust : trusts(provisioned(cluster, 3))) {
            done(tokens.issue(issuer(), trust));
        }
    }

    @Test
    void aTrustThatACrashedTryMadeIsTakenUpAndOneWhoseNameWasDeletedIsMadeByAnother() {
        var tenant = tenant("member");
        provision(UUID.randomUUID().toString(), tenant);
        var roles = new TreeSet<>(Set.of("member"));
        var left = custodiansTrust(tenant, user(UserNames.ISSUER), TrustName.of(cluster, "registry", roles, 1, 0));
        var deleted = custodiansTrust(tenant, user(UserNames.ISSUER), TrustName.of(cluster, "volumes", roles, 1, 0));
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + deleted, null);

        var told = provision(cluster, tenant);

        assertThat(trusts(told)).hasSize(2).contains(left).doesNotContain(deleted);
        assertThat(trustsToIssuer(tenant, cluster)).containsExactlyInAnyOrderElementsOf(trusts(told));
    }

    @Test
    void aTrustOfTheRightNameThatDelegatesSomethingElseIsNotTakenUp() {
        var tenant = tenant("member", "load-balancer_member");
        provision(UUID.randomUUID().toString(), tenant);
        // As if two purposes' names were the same by chance.
        var name = TrustName.of(cluster, "cloud-provider", new TreeSet<>(Set.of("load-balancer_member")), 1, 0);
        var trustee = keystone.admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\"}}".formatted(cluster, lanyardsDomain()))
                .body()
                .at("/user/id")
                .asText();
        var other = custodiansTrust(tenant, trustee, name);

        var told = provision(cluster, tenant);

        assertThat(trusts(told)).doesNotContain(other);
        assertThat(logIn(trustee, trusteePassword(cluster), trusts(told).getFirst()))
                .isEqualTo(201);
    }

    @Test
    void whatACrashedTryMadeWithOtherRolesIsRemovedWithTheNextBackend() {
        var tenant = tenant("member");
        provision(cluster, tenant);
        var roles = new TreeSet<>(Set.of("other", "member"));
        var left = custodiansTrust(tenant, user(UserNames.ISSUER), TrustName.of(cluster, "registry", roles, 1, 0));
        var neighbour = custodiansTrust(
                tenant, user(UserNames.ISSUER), TrustName.of(UUID.randomUUID().toString(), "registry", roles, 1, 0));

        tell(new RotationRequested(cluster, 1, 2));
        var told = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));

        assertThat(trustIsThere(left)).isFalse();
        assertThat(trustIsThere(neighbour)).isTrue();
        assertThat(trustsToIssuer(tenant, cluster)).containsExactlyInAnyOrderElementsOf(trusts(told));
    }

    @Test
    void aNeighbourOfTheSameNameKeepsItsTrusts() {
        var tenant = tenant("member");
        provision(cluster, tenant);
        var neighbour = UUID.randomUUID().toString();
        provision(neighbour, tenant);
        eventually().until(() -> isSettled(neighbour));
        // Its name is a hash; here two are the same by force.
        var same = custodiansTrust(
                tenant,
                user(UserNames.ISSUER),
                TrustName.of(cluster, "registry", new TreeSet<>(Set.of("whatever")), 9, 0));
        update("update cluster set trusts = trusts || '{%s}' where cluster = '%s'".formatted(same, neighbour));

        tell(new RotationRequested(cluster, 1, 2));
        provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));

        assertThat(trustIsThere(same)).isTrue();
    }

    private JsonNode provision(String about, Tenant tenant) {
        tell("create", "pending", about, tenant);
        return provisioned(about).get("data");
    }

    private ServiceUser issuer() {
        Secret password = keys.derive("test", Purpose.ISSUER, UserNames.ISSUER, 1);
        return new ServiceUser(UserNames.ISSUER, domain, password);
    }

    /** Ids of the trusts from the project's custodian to the issuer that are called by the cluster. */
    private List<String> trustsToIssuer(Tenant tenant, String about) {
        return keystone.trustsTo(user(UserNames.ISSUER)).stream()
                .filter(trust -> trust.get("trustor_user_id").asText().equals(custodian(tenant)))
                .filter(trust -> TrustName.isOf(
                        about, Instant.parse(trust.get("expires_at").asText())))
                .map(trust -> trust.get("id").asText())
                .sorted(Comparator.naturalOrder())
                .toList();
    }

    private static Token done(Reply<Token> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<Token>) reply).value();
    }
}
