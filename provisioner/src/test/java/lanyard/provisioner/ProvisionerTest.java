package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import lanyard.common.database.Transactions;
import lanyard.common.delegation.TrustName;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.CredentialRevoked.TrusteeFate;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.FailureReason;
import lanyard.common.events.RetryRequested;
import lanyard.common.events.RotationRequested;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.Test;

/** The provisioner on the real Kafka, PostgreSQL and Keystone: what each cluster gets of its own. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "provisioner"))
@QuarkusTestResource(KeystoneSwitch.class)
@TestProfile(Impatient.class)
class ProvisionerTest extends Fixture {
    @Inject
    Transactions transactions;

    @Inject
    ClusterStore store;

    @Test
    void aNewClusterIsGivenWhatItsProfilesSayAndNothingElse() {
        var tenant = tenant("member", "load-balancer_member", "reader");

        tell("create", "pending", cluster, tenant);
        var told = provisioned(cluster).get("data");

        var custodian = custodian(tenant);
        assertThat(assignments(custodian))
                .containsExactlyInAnyOrder(
                        "member on " + tenant.project(), "load-balancer_member on " + tenant.project());
        assertThat(told.at("/custodian/id").asText()).isEqualTo(custodian);

        var trustee = user(cluster);
        assertThat(assignments(trustee)).isEmpty();
        assertThat(told.at("/trustee/id").asText()).isEqualTo(trustee);
        assertThat(told.at("/trustee/domain").asText()).isEqualTo(keystone.domainId(domain));

        assertThat(trustsByPurpose(told))
                .isEqualTo(Map.of(
                        "cloud-provider", Set.of("load-balancer_member", "member"),
                        "volumes", Set.of("member")));
        assertThat(keystone.trustsTo(trustee)).hasSize(2).allSatisfy(trust -> {
            assertThat(trust.get("trustor_user_id").asText()).isEqualTo(custodian);
            assertThat(trust.get("project_id").asText()).isEqualTo(tenant.project());
            assertThat(trust.get("impersonation").asBoolean(true)).isFalse();
            assertThat(TrustName.isOf(
                            cluster, Instant.parse(trust.get("expires_at").asText())))
                    .isTrue();
            assertThat(trust.get("remaining_uses").isNull()).isTrue();
            assertThat(trust.path("redelegation_count").asInt()).isZero();
        });
    }

    @Test
    void theCloudsPasswordRulesAreKeptOffBothUsers() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        for (var id : List.of(custodian(tenant), user(cluster))) {
            var user = keystone.admin("GET", "/users/" + id, null).body().get("user");
            assertThat(user.get("enabled").asBoolean()).isTrue();
            assertThat(user.get("options"))
                    .isEqualTo(JSON.createObjectNode()
                            .put("ignore_change_password_upon_first_use", true)
                            .put("ignore_lockout_failure_attempts", true)
                            .put("ignore_password_expiry", true)
                            .put("ignore_user_inactivity", true));
        }
    }

    @Test
    void theEventIsWhatItsSchemaSaysAndHoldsNoSecret() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        var record = records(cluster).getFirst();
        EventSchemas.assertValid(record.value());
        var text = new String(record.value(), StandardCharsets.UTF_8);
        assertThat(text).doesNotContain(trusteePassword(cluster).reveal());
        assertThat(text).doesNotContain(custodianPassword(tenant).reveal());
    }

    @Test
    void bothUsersHaveTheDerivedPasswordsAndTheTrusteeGetsATokenOfTheTrust() {
        var tenant = tenant("member");

        tell("create", "pending", cluster, tenant);
        var told = provisioned(cluster).get("data");

        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        for (var grant : told.get("grants")) {
            assertThat(logIn(
                            user(cluster),
                            trusteePassword(cluster),
                            grant.get("trust").asText()))
                    .isEqualTo(201);
        }
        assertThat(logIn(user(cluster), custodianPassword(tenant), null)).isEqualTo(401);
    }

    @Test
    void noClusterGetsMoreThanItsOwnerHolds() {
        var tenant = tenant("member");
        grantToSomebodyElse(tenant, "load-balancer_member");

        tell("create", "pending", cluster, tenant);

        assertThat(trustsByPurpose(provisioned(cluster).get("data")))
                .isEqualTo(Map.of("cloud-provider", Set.of("member"), "volumes", Set.of("member")));
    }

    @Test
    void whatTheOwnerHoldsThroughAGroupCounts() {
        var tenant = tenant();
        var group = keystone.admin(
                        "POST", "/groups", "{\"group\":{\"name\":\"%s\",\"domain_id\":\"default\"}}".formatted(cluster))
                .body()
                .at("/group/id")
                .asText();
        try {
            keystone.admin("PUT", "/groups/%s/users/%s".formatted(group, tenant.owner()), null);
            keystone.admin(
                    "PUT", "/projects/%s/groups/%s/roles/%s".formatted(tenant.project(), group, role("member")), null);

            tell("create", "pending", cluster, tenant);

            assertThat(trustsByPurpose(provisioned(cluster).get("data")))
                    .containsEntry("cloud-provider", Set.of("member"));
        } finally {
            keystone.admin("DELETE", "/groups/" + group, null);
        }
    }

    @Test
    void anOwnerWithoutRolesIsReportedOnceAndServedAsSoonAsARoleIsGranted() {
        var tenant = tenant();

        tell("create", "pending", cluster, tenant);
        eventually().until(() -> number("attempts", cluster) >= 3);

        assertThat(failures(cluster)).containsExactly("owner-has-no-role");
        records(cluster).forEach(record -> EventSchemas.assertValid(record.value()));
        assertThat(user(cluster)).isEmpty();

        keystone.grant(tenant.owner(), tenant.project(), "member");

        provisioned(cluster);
        assertThat(failures(cluster)).hasSize(1);
    }

    @Test
    void aClusterThatWaitsForLongIsTriedAtOnceWhenAnOperatorAsksAndTheFailureIsToldAgain() {
        var tenant = tenant();
        tell("create", "pending", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-has-no-role"));
        waitsForADay();

        tell(new RetryRequested(cluster));
        eventually().until(() -> failures(cluster).size() == 2);
        assertThat(failures(cluster)).containsExactly("owner-has-no-role", "owner-has-no-role");

        keystone.grant(tenant.owner(), tenant.project(), "member");
        waitsForADay();
        tell(new RetryRequested(cluster));

        provisioned(cluster);
        eventually().until(() -> isSettled(cluster));
        assertThat(column("failing_since", cluster)).isNull();
        assertThat(column("why", cluster)).isNull();
    }

    @Test
    void askingWhileItIsTriedOrRightAfterItFailedMakesNoFurtherAttempt() {
        var tenant = tenant();
        tell("create", "pending", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-has-no-role"));
        waitsForADay();
        var tried = "lease = gen_random_uuid(), leased_until = now() + interval '1 hour'";
        var justFailed = "lease = null, leased_until = null, failed_at = now() + interval '1 hour'";

        for (var state : List.of(tried, justFailed)) {
            update("update cluster set %s where cluster = '%s'".formatted(state, cluster));
            for (int i = 0; i < 20; i++) {
                tell(new RetryRequested(cluster));
            }
            credentialsAreHeard();
            assertThat(number("attempts", cluster)).isEqualTo(99);
            assertThat(is("due_at > now() + interval '1 hour'", cluster)).isTrue();
        }
        assertThat(failures(cluster)).hasSize(1);
    }

    @Test
    void aFailureThatOnlySomebodyCanChangeIsParkedWithItsReasonAndShown() throws Exception {
        var tenant = tenant("member");

        tell("create", "success", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-unknown"));

        eventually().until(() -> isSettled(cluster));
        assertThat(column("why", cluster)).contains("magnum.cluster.create");
        assertThat(column("failing_since", cluster)).isNotNull();
        eventually().until(() -> sample("lanyard_clusters_parked").getFirst() >= 1);
        eventually()
                .until(() -> sample("lanyard_clusters_parked_oldest_seconds").getFirst() > 0);

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        eventually().until(() -> isSettled(cluster));
        assertThat(column("failing_since", cluster)).isNull();
    }

    @Test
    void whatIsHeardOfAClusterThatWaitsForLongStartsItsWaitsAnew() {
        var tenant = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);
        eventually().until(() -> column("why", cluster) != null);
        waitsForADay();
        KeystoneSwitch.on();

        tell(new RotationRequested(cluster, 2, 1));

        assertThat(provisioned(cluster).at("/data/client/generation").asInt()).isEqualTo(2);
    }

    /** As after a day of failures. */
    private void waitsForADay() {
        eventually().until(() -> {
            update(
                    "update cluster set due_at = now() + interval '1 day', attempts = 99, failed_at = now() - interval '1 minute'"
                            + " where lease is null and cluster = '" + cluster + "'");
            return number("attempts", cluster) == 99;
        });
    }

    @Test
    void theClustersOfAProjectShareACustodianWhichGoesWithTheLastOfThem() {
        var tenant = tenant("member");
        var second = UUID.randomUUID().toString();
        tell("create", "pending", cluster, tenant);
        tell("create", "pending", second, tenant);

        var custodian = provisioned(cluster).at("/data/custodian/id").asText();
        assertThat(provisioned(second).at("/data/custodian/id").asText()).isEqualTo(custodian);

        tellRevoked(cluster);
        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEqualTo(custodian);

        tellRevoked(second);
        eventually().until(() -> is("revoked and share is null", second));
        assertThat(custodian(tenant)).isEmpty();

        var third = UUID.randomUUID().toString();
        tell("create", "pending", third, tenant);
        assertThat(provisioned(third).at("/data/custodian/id").asText())
                .isNotEqualTo(custodian)
                .isEqualTo(custodian(tenant));
    }

    @Test
    void aCustodianStaysForAsLongAsKeystoneHasATrustFromIt() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var custodian = provisioned(cluster).at("/data/custodian/id").asText();

        tell(new CredentialRevoked(cluster, 0, TrusteeFate.ABSENT));
        eventually().until(() -> is("why like 'there are trusts from the custodian%'", cluster));
        assertThat(custodian(tenant)).isEqualTo(custodian);

        keystone.admin("DELETE", "/users/" + user(cluster), null);
        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEmpty();
    }

    @Test
    void aTrustToSomebodyWhoIsGoneKeepsNoCustodian() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var custodian = provisioned(cluster).at("/data/custodian/id").asText();
        var password = "only in this test: 0b5f7a9e";
        setPassword(custodian, password);
        keystone.makeTrustToNobody(
                custodian,
                password,
                keystone.domainId(domain),
                tenant.project(),
                "member",
                Instant.parse("2300-01-01T00:00:00Z"));

        tellRevoked(cluster);

        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEmpty();
        assertThat(keystone.admin("GET", "/OS-TRUST/trusts?trustor_user_id=" + custodian, null)
                        .body()
                        .get("trusts"))
                .isEmpty();
    }

    @Test
    void aProjectIsNotForgottenWhileAClusterHasAShareInIt() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        transactions.call(session -> store.forgetProject(session, tenant.project(), "another"));

        tellRevoked(cluster);
        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEmpty();
    }

    @Test
    void aLivingClusterOfTheProjectThatHasNoShareIsGivenTheLastOne() {
        var tenant = tenant("member");
        var other = tenant("member");
        var disputed = UUID.randomUUID().toString();
        tell("create", "pending", cluster, tenant);
        var custodian = provisioned(cluster).at("/data/custodian/id").asText();
        KeystoneSwitch.off();
        tell("create", "pending", disputed, tenant);
        tell("create", "pending", disputed, new Tenant(tenant.project(), other.owner()));
        eventually().until(() -> failures(disputed).contains("disputed"));
        KeystoneSwitch.on();
        eventually().until(() -> isSettled(disputed));
        // As in a database that was set back to before an attempt.
        update("update cluster set share = null, touched = false where cluster = '%s'".formatted(disputed));

        // Its trustee is still there, and the custodian's trusts with it: somebody's, for all that the rows say.
        tell(new CredentialRevoked(cluster, 0, TrusteeFate.ABSENT));

        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(is("share = project", disputed)).isTrue();
        assertThat(custodian(tenant)).isEqualTo(custodian);

        keystone.admin("DELETE", "/users/" + user(cluster), null);
        tellRevoked(disputed);
        eventually().until(() -> is("revoked and share is null", disputed));
        assertThat(custodian(tenant)).isEmpty();
    }

    @Test
    void twoCreatesThatNameDifferentOwnersGrantNothing() {
        var tenant = tenant("member");
        var other = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);
        tell("create", "pending", cluster, new Tenant(tenant.project(), other.owner()));

        eventually().until(() -> failures(cluster).contains("disputed"));
        KeystoneSwitch.on();

        eventually().until(() -> isSettled(cluster));
        assertThat(failures(cluster)).containsExactly("disputed");
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void aClusterWhoseOwnerIsUnheardOfWaitsIsReportedAndIsServedWhenTheOwnerIsHeard() {
        var tenant = tenant("member");

        tell("create", "success", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-unknown"));
        assertThat(user(cluster)).isEmpty();

        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        assertThat(failures(cluster)).hasSize(1);
    }

    @Test
    void whatIsToldTwiceAndInAnyOrderIsProvisionedOnce() {
        var tenant = tenant("member");

        tell("create", "success", cluster, tenant);
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        tell("update", "success", cluster, tenant);
        tell("create", "pending", cluster, tenant);
        everythingSentIsHeard(tenant);

        assertThat(ofType(cluster, "credential.provisioned")).hasSize(1);
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
    }

    @Test
    void aDeletionThatComesBeforeTheWorkEndsIt() {
        var tenant = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);
        eventually().until(() -> is("touched", cluster));
        tell("delete", "pending", cluster, tenant);
        eventually().until(() -> "DELETING".equals(column("phase", cluster)));
        KeystoneSwitch.on();

        eventually().until(() -> isSettled(cluster));
        assertThat(user(cluster)).isEmpty();

        tell("delete", "success", cluster, tenant);
        eventually().until(() -> isSettled(cluster) && "ABSENT".equals(column("phase", cluster)));

        eventually().until(() -> failures(cluster).equals(List.of("deleted-meanwhile")));
        assertThat(ofType(cluster, "credential.provisioned")).isEmpty();
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void aTombstoneIsNeverProvisioned() {
        var tenant = tenant("member");
        tell("delete", "success", cluster, tenant);
        eventually().until(() -> "ABSENT".equals(column("phase", cluster)));

        tell("create", "pending", cluster, tenant);
        tell("create", "success", cluster, tenant);
        everythingSentIsHeard(tenant);

        eventually().until(() -> tenant.owner().equals(column("owner", cluster)) && isSettled(cluster));
        assertThat(failures(cluster)).containsExactly("deleted-meanwhile");
        assertThat(records(cluster)).hasSize(1);
        assertThat(user(cluster)).isEmpty();
    }

    @Test
    void whatTheDatabaseHasLostOfAClusterIsLookedForAndRemovedWhenTheClusterIsGone() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        credentialsAreHeard();
        setBackToBeforeTheCluster(tenant);

        tell("delete", "success", cluster, tenant);

        eventually().until(() -> failures(cluster).equals(List.of("deleted-meanwhile")));
        assertThat(ofType(cluster, "credential.failed")
                        .getFirst()
                        .at("/data/project")
                        .asText())
                .isEqualTo(tenant.project());
        assertThat(custodian(tenant)).isNotEmpty();
        tellRevoked(cluster);
        eventually().until(() -> is("revoked and share is null", cluster));
        assertThat(custodian(tenant)).isEmpty();
    }

    @Test
    void aShareThatIsHeardOfAgainAfterTheRevocationIsGivenBack() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        credentialsAreHeard();
        var told = records(cluster).getFirst();
        setBackToBeforeTheCluster(tenant);

        tellRevoked(cluster);
        eventually().until(() -> is("revoked", cluster) && isSettled(cluster));
        bus.send(credentials, null, told.key(), told.value());

        eventually().until(() -> is("client_announced = 1 and share is null", cluster) && isSettled(cluster));
        assertThat(custodian(tenant)).isEmpty();
    }

    /** And what was told of the cluster is not heard again, as if it were in an outbox that is lost. */
    private void setBackToBeforeTheCluster(Tenant tenant) {
        update("delete from cluster where cluster = '%s'".formatted(cluster));
        update("delete from project where project = '%s'".formatted(tenant.project()));
    }

    @Test
    void aTrusteeThatACrashedTryLeftBehindGetsTheDerivedPassword() {
        var tenant = tenant("member");
        var left = keystone.admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\",\"password\":\"nobody knows it\",\"enabled\":false}}"
                                .formatted(cluster, lanyardsDomain()))
                .body()
                .at("/user/id")
                .asText();

        tell("create", "pending", cluster, tenant);

        var told = provisioned(cluster).get("data");
        assertThat(told.at("/trustee/id").asText()).isEqualTo(left);
        assertThat(logIn(
                        left,
                        trusteePassword(cluster),
                        told.at("/grants/0/trust").asText()))
                .isEqualTo(201);
    }

    @Test
    void aTryThatDiedBeforeItsCommitIsMadeAgainAndFindsItsTrusts() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        // It hears what it told itself, too, and takes that in where its row says less.
        credentialsAreHeard();

        // What the row said then: begun, and nothing more.
        update("update cluster set client_announced = 0, backend_announced = 0, trusts = '{}', touched = true,"
                + " due_at = now() where cluster = '" + cluster + "'");

        eventually().until(() -> ofType(cluster, "credential.provisioned").size() == 2);
        assertThat(ofType(cluster, "credential.provisioned").getLast().get("data"))
                .isEqualTo(first);
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
    }

    @Test
    void aRotationOfTheClientTouchesNeitherPasswordNorTrust() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        var token = tokenOf(first);

        tell(new RotationRequested(cluster, 2, 1));
        var second = provisioned(cluster, 2);

        assertThat(second.at("/client/generation").asInt()).isEqualTo(2);
        assertThat(second.get("backend")).isEqualTo(first.get("backend"));
        assertThat(second.get("trustee")).isEqualTo(first.get("trustee"));
        assertThat(second.get("grants")).isEqualTo(first.get("grants"));
        eventually().until(() -> isSettled(cluster));
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
        assertThat(keystone.validate(token).status()).isEqualTo(200);
    }

    @Test
    void aRotationOfTheBackendGivesNewTrustsAndAnotherPasswordAndRemovesTheOld() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        var token = tokenOf(first);

        tell(new RotationRequested(cluster, 1, 2));
        var second = provisioned(cluster, 2);

        assertThat(second.get("client")).isEqualTo(first.get("client"));
        assertThat(second.at("/backend/generation").asInt()).isEqualTo(2);
        assertThat(second.get("trustee")).isEqualTo(first.get("trustee"));
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsByPurpose(second))
                .isEqualTo(Map.of(
                        "cloud-provider", Set.of("load-balancer_member", "member"),
                        "volumes", Set.of("member")));
        assertThat(trusts(second)).doesNotContainAnyElementsOf(trusts(first));
        assertThat(keystone.validate(token).status()).isIn(401, 404);
        assertThat(logIn(user(cluster), trusteePassword(cluster), null)).isEqualTo(401);
        for (var trust : trusts(second)) {
            assertThat(logIn(user(cluster), trusteePassword(cluster, 2), trust)).isEqualTo(201);
        }
    }

    @Test
    void whatIsAskedForTwiceAndLateIsDoneOnce() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        tell(new RotationRequested(cluster, 2, 2));
        tell(new RotationRequested(cluster, 2, 2));
        tell(refused(1));
        provisioned(cluster, 2);
        tell(new RotationRequested(cluster, 2, 2));
        tell(new RotationRequested(cluster, 1, 1));
        tell(refused(1));
        tell(refused(1));
        // What the token issuer can't do for another reason, and what the provisioner said itself, asks for nothing.
        tell(new CredentialFailed(cluster, tenant.project(), 2, 2, FailureReason.KEY_MISSING, "a test's"));
        tell(new CredentialFailed(cluster, tenant.project(), 2, 2, FailureReason.KEYSTONE_REFUSED, "a test's"));
        credentialsAreHeard();

        eventually().until(() -> isSettled(cluster));
        assertThat(ofType(cluster, "credential.provisioned")).hasSize(2);
        assertThat(keystone.trustsTo(user(cluster))).hasSize(2);
    }

    @Test
    void aTrustThatAnOperatorRemovedIsMadeAnewOnceKeystoneRefusesIt() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + trusts(first).getFirst(), null);

        tell(refused(1));

        var second = provisioned(cluster, 2);
        assertThat(second.at("/backend/generation").asInt()).isEqualTo(2);
        assertThat(second.get("client")).isEqualTo(first.get("client"));
        for (var trust : trusts(second)) {
            assertThat(logIn(user(cluster), trusteePassword(cluster, 2), trust)).isEqualTo(201);
        }
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsByPurpose(second)).hasSize(2);
    }

    @Test
    void aTrusteeThatAnOperatorDeletedIsMadeAnewOnceKeystoneRefusesIt() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        keystone.admin("DELETE", "/users/" + user(cluster), null);

        tell(refused(1));

        var second = provisioned(cluster, 2);
        assertThat(second.at("/backend/generation").asInt()).isEqualTo(2);
        assertThat(second.at("/trustee/id").asText())
                .isEqualTo(user(cluster))
                .isNotEqualTo(first.at("/trustee/id").asText());
        for (var trust : trusts(second)) {
            assertThat(logIn(user(cluster), trusteePassword(cluster, 2), trust)).isEqualTo(201);
        }
    }

    @Test
    void aClientsRotationMakesWhatSomebodyRemoved() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + trusts(first).getFirst(), null);

        tell(new RotationRequested(cluster, 2, 1));

        // Another backend: the door takes it for a lie if of one generation two things are told.
        var second = provisioned(cluster, 2);
        assertThat(second.at("/client/generation").asInt()).isEqualTo(2);
        assertThat(second.at("/backend/generation").asInt()).isEqualTo(2);
        eventually().until(() -> isSettled(cluster));
        assertThat(trusts(second)).doesNotContainAnyElementsOf(trusts(first));
        assertThat(trustsByPurpose(second)).hasSize(2);
        assertThat(logIn(
                        user(cluster),
                        trusteePassword(cluster, 2),
                        trusts(second).getFirst()))
                .isEqualTo(201);
    }

    @Test
    void aClusterThatNobodyKnowsIsNotMadeUp() {
        var tenant = tenant("member");

        tell(new RotationRequested(cluster, 2, 2));
        tell(refused(1));
        credentialsAreHeard();

        assertThat(column("cluster", cluster)).isNull();
    }

    @Test
    void aBackendThatDiedBeforeItsCommitIsMadeAgainWithTheSameTrusts() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        tell(new RotationRequested(cluster, 1, 2));
        var second = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));

        // What the row said then: the second backend begun, the first one announced.
        update("update cluster set backend_announced = 1, trusts = array['%s', '%s'], touched = true, due_at = now()"
                        .formatted(trusts(first).getFirst(), trusts(first).getLast())
                + " where cluster = '" + cluster + "'");

        assertThat(provisioned(cluster, 3)).isEqualTo(second);
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsByPurpose(second)).hasSize(2);
        assertThat(logIn(
                        user(cluster),
                        trusteePassword(cluster, 2),
                        trusts(second).getFirst()))
                .isEqualTo(201);
    }

    @Test
    void aForgedCreateNeitherStopsARotationNorWidensWhatTheClusterHas() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        var first = provisioned(cluster).get("data");
        var forger = tenant().owner();
        keystone.grant(forger, tenant.project(), "member");
        keystone.grant(forger, tenant.project(), "load-balancer_member");

        tell("create", "pending", cluster, new Tenant(tenant.project(), forger));
        // The lesser of two projects is what the row says.
        tell("create", "pending", cluster, new Tenant("0".repeat(32), forger));
        eventually().until(() -> is("disputed and project <> share", cluster));
        tell(new RotationRequested(cluster, 1, 2));

        var second = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsByPurpose(second))
                .isEqualTo(Map.of("cloud-provider", Set.of("member"), "volumes", Set.of("member")));
        assertThat(trusts(second)).doesNotContainAnyElementsOf(trusts(first));
        for (var trust : trusts(second)) {
            assertThat(logIn(user(cluster), trusteePassword(cluster, 2), trust)).isEqualTo(201);
        }
        assertThat(failures(cluster)).isEmpty();

        // A client's rotation makes the same, and so does the door's complaint.
        tell(new RotationRequested(cluster, 2, 2));
        assertThat(trusts(provisioned(cluster, 3))).isEqualTo(trusts(second));
        tell(refused(2));
        var fourth = provisioned(cluster, 4);
        assertThat(fourth.get("project")).isEqualTo(second.get("project"));
        assertThat(fourth.get("grants").findValues("roles"))
                .isEqualTo(second.get("grants").findValues("roles"));
    }

    @Test
    void aRotationThatIsHeardBeforeTheFirstAnnouncementLeavesNoTrustBehind() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        credentialsAreHeard();
        eventually().until(() -> isSettled(cluster));

        // What the row says then: the first backend begun, the second wanted, and this is the first that tries.
        update("update cluster set client_announced = 0, backend_announced = 0, trusts = '{}', touched = true,"
                + " backend = 2, attempts = 0, due_at = now() where cluster = '" + cluster + "'");

        var second = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));
        assertThat(trustsByPurpose(second)).hasSize(2);
    }

    @Test
    void theOldTrustsAreRemovedAlsoByWhoComesAfterACrash() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        tell(new RotationRequested(cluster, 1, 2));
        var second = provisioned(cluster, 2);
        eventually().until(() -> isSettled(cluster));
        // An attempt that was cut short left this, and the announcement was the last that its process did.
        var left = custodiansTrust(tenant, user(cluster), Instant.parse("2300-01-01T00:00:00Z"));
        assertThat(trustIsThere(left)).isTrue();

        update("update cluster set surplus = true, due_at = now() where cluster = '" + cluster + "'");

        eventually().until(() -> isSettled(cluster) && !is("surplus", cluster));
        assertThat(trustsByPurpose(second)).hasSize(2);
        assertThat(ofType(cluster, "credential.provisioned")).hasSize(2);
    }

    @Test
    void aCustodianWhosePasswordSomebodyChangedIsHealed() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        setPassword(custodian(tenant), "somebody changed it");
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(401);

        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);

        provisioned(second);
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        assertThat(failures(second)).isEmpty();
    }

    @Test
    void aCustodianIsTakenToTheCurrentMasterKeyByABackendThatIsMadeAnewAndByNothingElse() throws Exception {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        // What a provisioner with another current key left.
        var before = keys.derive("before", Purpose.CUSTODIAN, tenant.project(), 1);
        setPassword(custodian(tenant), before.reveal());
        update("update project set key = 'before' where project = '%s'".formatted(tenant.project()));

        tell(new RotationRequested(cluster, 2, 1));
        provisioned(cluster, 2);
        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);
        provisioned(second);
        assertThat(logIn(custodian(tenant), before, null)).isEqualTo(201);

        var refused = refusedLogins();
        tell(new RotationRequested(cluster, 2, 2));
        var third = provisioned(cluster, 3);
        assertThat(refusedLogins()).as("nobody has to be refused first").isEqualTo(refused);
        assertThat(logIn(custodian(tenant), before, null)).isEqualTo(401);
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        assertThat(trustsByPurpose(third)).hasSize(2);
        assertThat(failures(cluster)).isEmpty();
    }

    @Test
    void aCustodianThatWasToGetThePasswordOfAnotherKeyGetsItFromWhoeverComesNext() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        // What a provisioner left that was killed between its row and Keystone.
        var before = keys.derive("before", Purpose.CUSTODIAN, tenant.project(), 1);
        setPassword(custodian(tenant), before.reveal());
        update("update project set previous_key = 'before' where project = '%s'".formatted(tenant.project()));

        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);

        provisioned(second);
        assertThat(logIn(custodian(tenant), before, null)).isEqualTo(401);
        assertThat(logIn(custodian(tenant), custodianPassword(tenant), null)).isEqualTo(201);
        assertThat(failures(second)).isEmpty();
        assertThat(column("(select previous_key from project where project.project = share)", second))
                .isNull();
    }

    private void setPassword(String user, String password) {
        keystone.admin("PATCH", "/users/" + user, "{\"user\":{\"password\":\"%s\"}}".formatted(password));
    }

    private double refusedLogins() throws Exception {
        return sample("lanyard_keystone_calls_seconds_count", "operation=\"login\"", "result=\"denied\"").stream()
                .mapToDouble(Double::doubleValue)
                .sum();
    }

    @Test
    void aCustodianThatLostARoleGetsItBack() {
        var tenant = tenant("member", "load-balancer_member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        keystone.revoke(custodian(tenant), tenant.project(), "load-balancer_member");

        var second = UUID.randomUUID().toString();
        tell("create", "pending", second, tenant);

        assertThat(trustsByPurpose(provisioned(second).get("data")))
                .containsEntry("cloud-provider", Set.of("load-balancer_member", "member"));
    }

    @Test
    void aProjectThatIsGoneIsReported() {
        var tenant = tenant("member");
        keystone.admin("DELETE", "/projects/" + tenant.project(), null);

        tell("create", "pending", cluster, tenant);

        eventually().until(() -> failures(cluster).equals(List.of("project-gone")));
    }

    @Test
    void whileKeystoneIsAwayTheClusterWaitsAndTheServiceSaysSo() throws Exception {
        var tenant = tenant("member");
        KeystoneSwitch.off();
        tell("create", "pending", cluster, tenant);

        eventually().until(() -> number("attempts", cluster) >= 3);
        assertThat(column("due_at", cluster)).isNotNull();
        assertThat(records(cluster)).isEmpty();
        eventually().until(() -> get(ready).statusCode() == 503);
        eventually().until(() -> sample("lanyard_clusters_unreconciled_oldest_seconds").stream()
                .anyMatch(age -> age > 0));

        KeystoneSwitch.on();

        provisioned(cluster);
        eventually().until(() -> get(ready).statusCode() == 200);
        assertThat(failures(cluster)).isEmpty();
    }

    @Test
    void othersMessagesArePassedOverAndBrokenOnesPutAsideWithoutStoppingTheRest() throws Exception {
        var tenant = tenant("member");
        var good = TestBus.notification("create", "pending", cluster, tenant.project(), tenant.owner());
        var secretive = "s3cr3t-" + cluster;
        var info = notifications.getFirst();
        var notOurs = "{\"event_type\":\"compute.instance.create.end\"}".getBytes(StandardCharsets.UTF_8);
        var broken = List.of(
                // Cut off in the middle.
                new String(good, StandardCharsets.UTF_8).substring(0, good.length / 2),
                "{\"oslo.version\":\"2.0\",\"oslo.message\":\"%s magnum.cluster.create\"}".formatted(secretive),
                new String(good, StandardCharsets.UTF_8).replace(cluster, "../../" + secretive),
                new String(good, StandardCharsets.UTF_8).replace("pending", secretive));
        bus.send(info, 0, null, notOurs);
        bus.send(info, 0, null, null);
        for (var body : broken) {
            bus.send(info, 0, null, body.getBytes(StandardCharsets.UTF_8));
        }
        bus.send(credentials, null, "unkeyed", "not json".getBytes(StandardCharsets.UTF_8));
        bus.send(info, 0, null, good);

        provisioned(cluster);
        eventually().until(() -> lettersAbout(info).size() == broken.size());
        eventually().until(() -> lettersAbout(credentials).size() == 1);
        assertThat(lettersAbout(info)).allSatisfy(letter -> {
            assertThat(letter.get("reason").asText()).isNotBlank();
            assertThat(letter.get("offset").asLong(-1)).isNotNegative();
            assertThat(letter.toString()).doesNotContain(secretive);
        });
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"dead-lettered\""))
                .allMatch(count -> count >= broken.size())
                .isNotEmpty();
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"ignored\""))
                .allMatch(count -> count >= 2)
                .isNotEmpty();
    }

    @Test
    void anOperatorSeesHealthAndMetrics() throws Exception {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);

        eventually().until(() -> get(ready).statusCode() == 200);
        assertThat(JSON.readTree(get(ready).body()).at("/checks"))
                .extracting(check -> check.get("name").asText())
                .anyMatch(name -> name.equals("keystone"))
                .anyMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("kafka")
                        || name.contains("Reactive Messaging"))
                .anyMatch(name -> name.contains("atabase"));
        assertThat(sample("lanyard_messages_total", "result=\"read\"")).isNotEmpty();
        eventually().until(() -> sample("lanyard_clusters", "state=\"provisioned\"").stream()
                .anyMatch(count -> count >= 1));
        assertThat(sample("lanyard_clusters_unreconciled_oldest_seconds")).hasSize(1);
        assertThat(sample("lanyard_outbox_unpublished_oldest_seconds")).hasSize(1);
        for (var operation : List.of("create-user", "create-trust", "effective-roles", "login")) {
            assertThat(sample(
                            "lanyard_keystone_calls_seconds_count",
                            "operation=\"" + operation + "\"",
                            "result=\"done\""))
                    .as(operation)
                    .allMatch(count -> count >= 1)
                    .isNotEmpty();
        }
    }
}
