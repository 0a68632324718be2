package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What becomes of clusters when somebody changes Keystone under them, on a Keystone whose password rules are strict. The table in
 * docs/operations.md names these tests.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeystoneChangesTest {
    @TempDir
    static Path directory;

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final AnotherKeystone strict = new AnotherKeystone()
            .set("security_compliance.lockout_failure_attempts", "3")
            .set("security_compliance.lockout_duration", "10")
            .set("security_compliance.password_expires_days", "1")
            .set("security_compliance.change_password_upon_first_use", "true")
            .set("security_compliance.unique_last_password_count", "5")
            .set("security_compliance.minimum_password_age", "1")
            .set("security_compliance.disable_user_account_days_inactive", "30");
    private final Lanyard lanyard = new Lanyard().asAdministrator();
    private final String administrator = "administrator-of-" + lanyard.domain();
    /** A role of the test's own, which is for the registry alone, and delegated to the token issuer's user. */
    private final String keeper = "keeper-" + lanyard.domain();

    @BeforeAll
    void start() throws IOException {
        assumeThat(AnotherKeystone.configuration())
                .as("a second server is started of the stack's own Keystone")
                .exists();
        for (var key : List.of("0", "1")) {
            Files.copy(AnotherKeystone.configuration().resolveSibling("fernet-keys/" + key), directory.resolve(key));
        }
        strict.set("fernet_tokens.key_repository", directory.toString())
                .set("token.caching", "false")
                .start();
        Files.writeString(passwordFile(), "the first 1\n");
        keystone.makeAdministrator(administrator, "the first 1");
        lanyard.services().forEach(service -> service.set("lanyard.keystone.url", strict.url())
                .set("lanyard.reconcile.first-retry", "200ms")
                .set("lanyard.reconcile.longest-retry", "2s")
                .set("lanyard.door.patience", "5s"));
        Stream.of(lanyard.provisioner, lanyard.revoker)
                .forEach(service -> service.set("lanyard.keystone.username", administrator)
                        .set("lanyard.keystone.password-file", passwordFile().toString())
                        .settings()
                        .remove("lanyard.keystone.password"));
        lanyard.provisioner
                .set("lanyard.profiles.registry.roles", keeper)
                .set("lanyard.profiles.registry.trustee", "issuer");
        lanyard.start();
    }

    private Path passwordFile() {
        return directory.resolve("password");
    }

    @AfterAll
    void stop() {
        lanyard.close();
        strict.close();
        keystone.admin("DELETE", "/users/" + keystone.userId(administrator), null);
        keystone.removeRole(keeper);
        bus.close();
    }

    /** Each has a project of its own, so they need not wait for each other. */
    @Nested
    @Execution(ExecutionMode.CONCURRENT)
    @ResourceLock(value = "keystone", mode = ResourceAccessMode.READ)
    class OfOneCluster {
        @Test
        void anOwnerWhoIsDeletedTakesNothingAlong() {
            var cluster = new Cluster();
            keystone.admin("DELETE", "/users/" + cluster.tenant.owner(), null);
            cluster.isServedByANewToken();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void anOwnerWhoIsDisabledTakesNothingAlong() {
            var cluster = new Cluster();
            cluster.disable("users", cluster.tenant.owner());
            cluster.isServedByANewToken();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aTrustThatIsDeletedIsMadeAnew() {
            var cluster = new Cluster();
            cluster.trusts().forEach(trust -> keystone.admin("DELETE", "/OS-TRUST/trusts/" + trust, null));
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aTrustIsMadeAnewAlsoWhenTheOwnerIsGone() {
            var cluster = new Cluster();
            keystone.admin("DELETE", "/users/" + cluster.tenant.owner(), null);
            cluster.trusts().forEach(trust -> keystone.admin("DELETE", "/OS-TRUST/trusts/" + trust, null));
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aTrusteeThatIsDeletedIsMadeAnew() {
            var cluster = new Cluster();
            keystone.admin("DELETE", "/users/" + cluster.trustee(), null);
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aTrusteeThatIsDisabledIsEnabled() {
            var cluster = new Cluster();
            cluster.disable("users", cluster.trustee());
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aTrusteeGetsItsPasswordBack() {
            var cluster = new Cluster();
            keystone.admin("PATCH", "/users/" + cluster.trustee(), "{\"user\":{\"password\":\"somebody's 1\"}}");
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aCustodianThatIsDeletedIsMadeAnew() {
            var cluster = new Cluster();
            keystone.admin("DELETE", "/users/" + cluster.custodian(), null);
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aCustodianThatIsDisabledIsEnabled() {
            var cluster = new Cluster();
            cluster.disable("users", cluster.custodian());
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aCustodiansPasswordThatIsChangedCostsClientsALogin() {
            var cluster = new Cluster();
            keystone.admin("PATCH", "/users/" + cluster.custodian(), "{\"user\":{\"password\":\"somebody's 1\"}}");
            cluster.isServed();
            assertThat(cluster.failures()).isEmpty();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aRoleThatIsTakenFromTheCustodianIsGivenBack() {
            var cluster = new Cluster();
            keystone.revoke(cluster.custodian(), cluster.tenant.project(), "load-balancer_member");
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aProjectThatIsDisabledIsNamedAndServedAgainOnceItIsEnabled() {
            var cluster = new Cluster();
            cluster.disable("projects", cluster.tenant.project());
            cluster.isRefused("keystone-refused", "project " + cluster.tenant.project() + " is disabled");
            keystone.admin("PATCH", "/projects/" + cluster.tenant.project(), "{\"project\":{\"enabled\":true}}");
            cluster.isServedAgain();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aClusterInAProjectThatIsDisabledLeavesNothingWhenItIsDeleted() {
            var cluster = new Cluster();
            cluster.disable("projects", cluster.tenant.project());
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aProjectThatIsDeletedIsNamed() {
            var cluster = new Cluster();
            keystone.admin("DELETE", "/projects/" + cluster.tenant.project(), null);
            cluster.isRefused("project-gone", "knows no project");
            cluster.leavesNothingWhenItIsDeleted();
        }
    }

    /** What is changed here concerns them all, so one comes after the other. */
    @Nested
    @ResourceLock("keystone")
    class OfAllClusters {
        @Test
        void anIssuersUserThatIsDeletedIsMadeAnew() {
            var cluster = new Cluster("registry", keeper);
            keystone.admin("DELETE", "/users/" + cluster.user("token-issuer"), null);
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aDomainThatIsDisabledIsNamedAndServedAgainOnceItIsEnabled() {
            var cluster = new Cluster();
            var other = new Cluster();
            cluster.disable("domains", keystone.domainId(lanyard.domain()));
            other.leavesNothingWhenItIsDeleted();
            cluster.isRefused("keystone-refused", "domain " + lanyard.domain() + " is disabled");
            keystone.admin(
                    "PATCH", "/domains/" + keystone.domainId(lanyard.domain()), "{\"domain\":{\"enabled\":true}}");
            cluster.isServedAgain();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aDomainThatIsDeletedIsMadeAnewWithAllThatClustersNeedInIt() {
            var cluster = new Cluster();
            var id = keystone.domainId(lanyard.domain());
            cluster.disable("domains", id);
            keystone.admin("DELETE", "/domains/" + id, null);
            cluster.isServed();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void anAdministratorsPasswordThatIsChangedIsToldAndReadAnewFromItsFile() throws IOException {
            keystone.admin(
                    "PATCH", "/users/" + keystone.userId(administrator), "{\"user\":{\"password\":\"the second 2\"}}");
            var tenant = keystone.makeTenant("member");
            var id = UUID.randomUUID().toString();
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification("create", "pending", id, tenant.project(), tenant.owner()));
            eventually(() -> failures(id).stream()
                    .anyMatch(failure -> failure.contains("the administrator's password was changed")));
            assertThat(lanyard.provisioner.get("/q/metrics").body()).contains("lanyard_keystone_login_refused 1.0");

            Files.writeString(passwordFile(), "the second 2");

            eventually(() -> lanyard.openCredential(bus, id) != null);
            assertThat(lanyard.provisioner.get("/q/metrics").body()).contains("lanyard_keystone_login_refused 0.0");
            new Cluster().leavesNothingWhenItIsDeleted();
        }

        @Test
        void aRoleThatIsDeletedIsNamedAndDelegatedAgainOnceThereIsOneOfItsName() {
            var cluster = new Cluster("registry", keeper);
            keystone.removeRole(keeper);
            new Cluster("cloud-provider", "member").leavesNothingWhenItIsDeleted();
            assertThat(isLive(cluster.token)).isFalse();
            cluster.isRefused("keystone-refused", "knows no role " + keeper);

            keystone.grant(cluster.tenant.owner(), cluster.tenant.project(), keeper);

            cluster.isServedAgain();
            new Cluster("registry", keeper).leavesNothingWhenItIsDeleted();
            cluster.leavesNothingWhenItIsDeleted();
        }

        @Test
        void aRoleThatIsRenamedIsMissedOnlyByWhatIsMadeAnew() {
            var cluster = new Cluster("registry", keeper);
            var role = keystone.roleId(keeper);
            rename(role, "formerly-" + keeper);
            cluster.isServedByANewToken();
            cluster.trusts(cluster.user("token-issuer"))
                    .forEach(trust -> keystone.admin("DELETE", "/OS-TRUST/trusts/" + trust, null));
            cluster.isRefused("keystone-refused", "knows no role " + keeper);

            rename(role, keeper);

            cluster.isServedAgain();
            cluster.leavesNothingWhenItIsDeleted();
        }

        private void rename(String role, String name) {
            keystone.admin("PATCH", "/roles/" + role, "{\"role\":{\"name\":\"%s\"}}".formatted(name));
        }

        @Test
        void passwordRulesThatLanyardsPasswordsDoNotFitAreNamedUntilTheyAreLoosened() {
            var tenant = keystone.makeTenant("member");
            var id = UUID.randomUUID().toString();
            strict.close();
            strict.set("security_compliance.password_regex", "^.{60,}$").start();
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification("create", "pending", id, tenant.project(), tenant.owner()));
            eventually(() -> failures(id).stream().anyMatch(failure -> failure.contains("password_regex")));
            strict.close();
            strict.set("security_compliance.password_regex", "^.{40,}$").start();
            eventually(() -> lanyard.openCredential(bus, id) != null);
        }
    }

    /** A cluster that has its credential, in a project that has no other. */
    private final class Cluster {
        final String id = UUID.randomUUID().toString();
        final Tenant tenant;
        final JsonNode credential;
        final String token;

        Cluster() {
            this("cloud-provider", "member", "load-balancer_member");
        }

        Cluster(String purpose, String... roles) {
            tenant = tenant(roles);
            tell("create");
            eventually(() -> lanyard.openCredential(bus, id, purpose, 1) != null);
            credential = lanyard.openCredential(bus, id, purpose, 1);
            token = lanyard.login(credential).token();
            assertThat(isLive(token)).isTrue();
        }

        void tell(String action) {
            for (var outcome : List.of("pending", "success")) {
                bus.send(
                        lanyard.notifications(),
                        TestBus.notification(action, outcome, id, tenant.project(), tenant.owner()));
            }
        }

        String trustee() {
            return user(id);
        }

        String custodian() {
            return user("custodian-" + tenant.project());
        }

        String user(String name) {
            return keystone.users(lanyard.domain(), name).getFirst().get("id").asText();
        }

        List<String> trusts() {
            return trusts(trustee());
        }

        /** The project's trusts to this user. */
        List<String> trusts(String trustee) {
            return keystone.trustsTo(trustee).stream()
                    .filter(trust -> trust.get("project_id").asText().equals(tenant.project()))
                    .map(trust -> trust.get("id").asText())
                    .toList();
        }

        void disable(String what, String id) {
            keystone.admin(
                    "PATCH",
                    "/%s/%s".formatted(what, id),
                    "{\"%s\":{\"enabled\":false}}".formatted(what.substring(0, what.length() - 1)));
        }

        /** Keystone has ended the token, and a client that logs in again gets one that it takes. */
        void isServed() {
            assertThat(isLive(token)).isFalse();
            isServedAgain();
        }

        void isServedAgain() {
            eventually(() -> isLive(lanyard.login(credential).token()));
        }

        void isServedByANewToken() {
            assertThat(isLive(token)).isTrue();
            keystone.revokeToken(token);
            isServed();
        }

        List<String> failures() {
            return KeystoneChangesTest.this.failures(id);
        }

        /** While its clients go on logging in, it is told why they get nothing. */
        void isRefused(String reason, String message) {
            eventually(() -> {
                lanyard.login(credential);
                return failures().stream()
                        .anyMatch(failure -> failure.startsWith(reason + ": ") && failure.contains(message));
            });
        }

        void leavesNothingWhenItIsDeleted() {
            tell("delete");
            eventually(() ->
                    !bus.events(lanyard.credentials(), id, "credential.revoked").isEmpty());
            assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
            eventually(() -> lanyard.login(credential).status() == 401);
            eventually(() -> keystone.users(lanyard.domain(), "custodian-" + tenant.project())
                    .isEmpty());
            keystone.removeTenant(tenant);
        }
    }

    private List<String> failures(String id) {
        return bus.events(lanyard.credentials(), id, "credential.failed").stream()
                .map(event -> event.at("/data/reason").asText() + ": "
                        + event.at("/data/message").asText())
                .toList();
    }

    private Tenant tenant(String... roles) {
        synchronized (keystone) {
            return keystone.makeTenant(roles);
        }
    }

    /** Whether the Keystone that the services have takes the token. */
    private boolean isLive(@Nullable String token) {
        return token != null && strict.takes(token);
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(condition);
    }
}
