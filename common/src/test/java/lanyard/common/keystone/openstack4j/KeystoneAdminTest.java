package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import lanyard.common.delegation.TrustName;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Role;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every operation on a real Keystone, again, and on what is not there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeystoneAdminTest {
    private static final Secret PASSWORD = Secret.of("a-password-of-the-tests");
    private static final String NOBODY = "0123456789abcdef0123456789abcdef";

    private final TestKeystone keystone = new TestKeystone();
    private final AtomicReference<Instant> lastEnd = new AtomicReference<>(Instant.parse("2300-01-01T00:00:00Z"));
    private RecordingProxy proxy;
    private Adapter adapter;
    private KeystoneAdmin admin;
    private String domainName;
    private String domain;
    private Tenant tenant;

    @BeforeAll
    void makeADomainAndATenant() {
        proxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
        adapter = Adapter.of(Settings.of(Settings.real(proxy.url())));
        admin = adapter.admin();
        domainName = "adapter-" + UUID.randomUUID();
        domain = done(admin.createDomain(domainName, "Made by a test"));
        tenant = keystone.makeTenant("member");
    }

    @AfterAll
    void removeThem() {
        keystone.removeTenant(tenant);
        keystone.admin("PATCH", "/domains/" + domain, "{\"domain\":{\"enabled\":false}}");
        keystone.admin("DELETE", "/domains/" + domain, null);
        adapter.close();
        proxy.close();
    }

    @Test
    void aDomainIsFoundByItsName() {
        assertThat(admin.findDomain(domainName)).isEqualTo(new Reply.Done<>(domain));
    }

    @Test
    void aDomainOfAnotherNameIsMissing() {
        assertThat(admin.findDomain("no such & domain=" + UUID.randomUUID())).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aProjectIsEnabledOrNotAndSoIsADomain() {
        assertThat(admin.isEnabled(domain)).isEqualTo(new Reply.Done<>(true));
        keystone.admin("PATCH", "/domains/" + domain, "{\"domain\":{\"enabled\":false}}");
        assertThat(admin.isEnabled(domain)).isEqualTo(new Reply.Done<>(false));
        keystone.admin("PATCH", "/domains/" + domain, "{\"domain\":{\"enabled\":true}}");
        assertThat(admin.isEnabled("nothing")).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aSecondDomainOfTheSameNameIsAConflict() {
        assertThat(admin.createDomain(domainName, "again")).isEqualTo(new Reply.Conflict<>());
    }

    @Test
    void aNewUserIsEnabledAndCarriesTheOptionsOfAServiceUser() {
        var name = UUID.randomUUID().toString();

        var user = done(admin.createUser(domain, name, PASSWORD, "A test's user"));

        assertThat(user.name()).isEqualTo(name);
        assertThat(user.enabled()).isTrue();
        var seen = keystone.admin("GET", "/users/" + user.id(), null).body().path("user");
        assertThat(seen.path("domain_id").asText()).isEqualTo(domain);
        assertThat(seen.path("description").asText()).isEqualTo("A test's user");
        assertThat(seen.path("options").toString())
                .contains("\"ignore_password_expiry\":true")
                .contains("\"ignore_lockout_failure_attempts\":true")
                .contains("\"ignore_change_password_upon_first_use\":true")
                .contains("\"ignore_user_inactivity\":true");
    }

    @Test
    void aSecondUserOfTheSameNameIsAConflictAndTheFirstIsFound() {
        var user = makeUser();

        assertThat(admin.createUser(domain, user.name(), PASSWORD, "again")).isEqualTo(new Reply.Conflict<>());
        assertThat(admin.findUser(domain, user.name())).isEqualTo(new Reply.Done<>(user));
    }

    @Test
    void aUserOfAnotherNameOrInNoDomainIsMissing() {
        assertThat(admin.findUser(domain, "nobody")).isEqualTo(new Reply.Missing<>());
        assertThat(admin.findUser(NOBODY, "nobody")).isEqualTo(new Reply.Missing<>());
        assertThat(admin.createUser(NOBODY, "nobody", PASSWORD, "")).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void theUsersOfADomainAreListedAndNoOthers() {
        var user = makeUser();

        var users = done(admin.listUsers(domain));

        assertThat(users.truncated()).isFalse();
        assertThat(users.users()).contains(user).noneMatch(other -> other.id().equals(tenant.owner()));
        assertThat(done(admin.listUsers(NOBODY)).users()).isEmpty();
    }

    @Test
    void aResetPasswordIsTheOneThatWorksAndTheUserIsEnabled() {
        var user = makeUser();
        keystone.admin("PATCH", "/users/" + user.id(), "{\"user\":{\"enabled\":false}}");

        assertThat(admin.resetPassword(user.id(), Secret.of("another"))).isInstanceOf(Reply.Done.class);
        assertThat(admin.resetPassword(user.id(), Secret.of("another"))).isInstanceOf(Reply.Done.class);

        var authentication = new Authentication(adapter.connection());
        var who = new Authentication.Identity.ById(user.id());
        var unscoped = new Authentication.Scope.Unscoped();
        assertThat(authentication.byPassword(who, Secret.of("another"), unscoped))
                .isInstanceOf(Reply.Done.class);
        assertThat(authentication.byPassword(who, PASSWORD, unscoped)).isInstanceOf(Reply.Denied.class);
        assertThat(admin.findUser(domain, user.name())).isEqualTo(new Reply.Done<>(user));
        assertThat(admin.resetPassword(NOBODY, PASSWORD)).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aDeletedUserIsMissingAfterwards() {
        var user = makeUser();

        assertThat(admin.deleteUser(user.id())).isInstanceOf(Reply.Done.class);

        assertThat(admin.deleteUser(user.id())).isEqualTo(new Reply.Missing<>());
        assertThat(admin.findUser(domain, user.name())).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void rolesAreListedWithoutThoseOfDomains() {
        var name = "role-" + UUID.randomUUID();
        keystone.admin("POST", "/roles", "{\"role\":{\"name\":\"%s\",\"domain_id\":\"%s\"}}".formatted(name, domain));

        assertThat(done(admin.listRoles()))
                .extracting(Role::name)
                .contains("member", "reader")
                .doesNotContain(name);
    }

    @Test
    void effectiveRolesAreThoseHeldDirectlyByGroupByInheritanceAndByImplication() {
        var user = makeUser();
        assertThat(admin.effectiveRoles(user.id(), tenant.project())).isEqualTo(new Reply.Done<>(Set.of()));

        grant(user.id(), "member");
        var group = keystone.admin(
                        "POST",
                        "/groups",
                        "{\"group\":{\"name\":\"%s\",\"domain_id\":\"%s\"}}".formatted(UUID.randomUUID(), domain))
                .body()
                .at("/group/id")
                .asText();
        keystone.admin("PUT", "/groups/%s/users/%s".formatted(group, user.id()), null);
        keystone.admin(
                "PUT", "/projects/%s/groups/%s/roles/%s".formatted(tenant.project(), group, role("by-group")), null);
        keystone.admin(
                "PUT",
                "/OS-INHERIT/domains/default/users/%s/roles/%s/inherited_to_projects"
                        .formatted(user.id(), role("inherited")),
                null);

        assertThat(admin.effectiveRoles(user.id(), tenant.project()))
                .isEqualTo(new Reply.Done<>(Set.of("member", "reader", "by-group", "inherited")));
    }

    @Test
    void theRolesOfNobodyOrNowhereAreMissing() {
        assertThat(admin.effectiveRoles(NOBODY, tenant.project())).isEqualTo(new Reply.Missing<>());
        assertThat(admin.effectiveRoles(tenant.owner(), NOBODY)).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aRoleIsGrantedAgainWithoutComplaint() {
        var user = makeUser();

        grant(user.id(), "member");
        grant(user.id(), "member");

        assertThat(done(admin.effectiveRoles(user.id(), tenant.project()))).contains("member");
        assertThat(admin.grantRole(NOBODY, tenant.project(), role("member"))).isEqualTo(new Reply.Missing<>());
        assertThat(admin.grantRole(user.id(), NOBODY, role("member"))).isEqualTo(new Reply.Missing<>());
        assertThat(admin.grantRole(user.id(), tenant.project(), NOBODY)).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aTrustDelegatesRolesByNameWithoutImpersonationOrRedelegation() {
        var custodian = makeCustodian("member", "with_underscore");
        var trustee = makeUser();
        var end = end();

        var trust = done(
                admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member", "with_underscore"), end));

        assertThat(trust).isEqualTo(new Trust(trust.id(), custodian.userId(), trustee.id(), tenant.project(), end));
        assertThat(done(admin.trustsTo(trustee.id()))).containsExactly(trust);
        assertThat(done(admin.rolesOf(trust.id()))).isEqualTo(Set.of("member", "with_underscore"));
        assertThat(admin.rolesOf(NOBODY)).isEqualTo(new Reply.Missing<>());
        assertThat(keystone.trustsTo(trustee.id())).singleElement().satisfies(seen -> {
            assertThat(seen.path("impersonation").asBoolean(true)).isFalse();
            assertThat(seen.path("redelegation_count").asInt(-1)).isZero();
            assertThat(seen.path("remaining_uses").isNull()).isTrue();
            assertThat(seen.path("lanyard_domain").asText())
                    .as("by which Keystone's policy knows it as Lanyard's")
                    .isEqualTo(domain);
        });
    }

    @Test
    void whateverATrustsNameIsKeystoneListsItToTheSecond() {
        var custodian = makeCustodian("member");
        var trustee = makeUser();
        var ends = new HashSet<>(Set.of(
                Instant.parse("2200-01-01T00:00:00Z"),
                // The last that there can be, and others all over the years; some with an odd count of seconds.
                Instant.parse("2200-01-01T00:00:00Z").plusSeconds((1L << 37) - 1)));
        for (int i = 0; i < 30; i++) {
            ends.add(TrustName.of(
                    UUID.randomUUID().toString(), "cloud-provider", new TreeSet<>(Set.of("member")), 1, i));
        }

        for (var end : ends) {
            assertThat(done(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member"), end))
                            .expiresAt())
                    .isEqualTo(end);
        }

        assertThat(done(admin.trustsBetween(custodian.userId(), trustee.id())))
                .extracting(Trust::expiresAt)
                .containsExactlyInAnyOrderElementsOf(ends);
        assertThat(done(admin.trustsTo(trustee.id())))
                .extracting(Trust::expiresAt)
                .hasSameElementsAs(ends);
    }

    @Test
    void aSecondTrustOfTheSameEndIsAConflictAlsoOnceTheFirstIsDeletedAndWhateverItDelegates() {
        var custodian = makeCustodian("member", "with_underscore");
        var trustee = makeUser();
        var end = end();
        var first = done(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member"), end));

        assertThat(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("with_underscore"), end))
                .isEqualTo(new Reply.Conflict<>());
        done(admin.deleteTrust(first.id()));
        assertThat(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member"), end))
                .isEqualTo(new Reply.Conflict<>());

        done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end));
        done(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member"), end()));
    }

    @Test
    void everyTrustToATrusteeIsListedAndThoseOfOneTrustorToo() {
        var custodian = makeCustodian("member", "with_underscore");
        var other = makeCustodian("member");
        var trustee = makeUser();
        assertThat(admin.trustsTo(trustee.id())).isEqualTo(new Reply.Done<>(List.of()));
        var trusts = List.of(
                done(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("member"), end())),
                done(admin.createTrust(
                        custodian, trustee.id(), tenant.project(), Set.of("with_underscore", "member"), end())));
        var others = done(admin.createTrust(other, trustee.id(), tenant.project(), Set.of("member"), end()));
        done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end()));

        assertThat(done(admin.trustsTo(trustee.id())))
                .containsAll(trusts)
                .contains(others)
                .hasSize(3);
        assertThat(done(admin.trustsBetween(custodian.userId(), trustee.id())))
                .containsExactlyInAnyOrderElementsOf(trusts);
        assertThat(done(admin.trustsBetween(other.userId(), trustee.id()))).containsExactly(others);
        assertThat(admin.trustsTo(NOBODY)).isEqualTo(new Reply.Done<>(List.of()));
        assertThat(admin.trustsBetween(custodian.userId(), NOBODY)).isEqualTo(new Reply.Done<>(List.of()));
        assertThat(admin.trustsBetween(NOBODY, trustee.id())).isEqualTo(new Reply.Done<>(List.of()));
    }

    @Test
    void aDeletedTrustIsMissingAfterwards() {
        var trustee = makeUser();
        var trust = done(
                admin.createTrust(makeCustodian("member"), trustee.id(), tenant.project(), Set.of("member"), end()));

        assertThat(admin.deleteTrust(trust.id())).isInstanceOf(Reply.Done.class);

        assertThat(admin.deleteTrust(trust.id())).isEqualTo(new Reply.Missing<>());
        assertThat(done(admin.trustsTo(trustee.id()))).isEmpty();
    }

    @Test
    void aTrustOfWhatTheTrustorDoesNotHoldOrToNobodyIsMissing() {
        var custodian = makeCustodian("member");
        var trustee = makeUser();

        assertThat(admin.createTrust(custodian, trustee.id(), tenant.project(), Set.of("admin"), end()))
                .isEqualTo(new Reply.Missing<>());
        assertThat(admin.createTrust(custodian, NOBODY, tenant.project(), Set.of("member"), end()))
                .isEqualTo(new Reply.Missing<>());
        assertThat(admin.createTrust(custodian, trustee.id(), NOBODY, Set.of("member"), end()))
                .isEqualTo(new Reply.Missing<>());
    }

    @Test
    void aTrustorWithAWrongPasswordIsDenied() {
        var custodian = new Trustor(makeCustodian("member").userId(), domain, Secret.of("wrong"));

        var reply = admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end());

        assertThat(reply).isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                .isEqualTo(401));
    }

    @Test
    void aTrustorLogsInOnceForManyTrusts() {
        var custodian = makeCustodian("member");
        var before = proxy.passwordLogins();

        for (var i = 0; i < 3; i++) {
            done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end()));
        }

        assertThat(proxy.passwordLogins() - before).isEqualTo(1);
    }

    @Test
    void aTrustorWhoseTokenWasRevokedLogsInAgain() {
        var custodian = makeCustodian("member");
        done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end()));
        // Not by way of the adapter: setting a password revokes the tokens that the old one got.
        keystone.admin(
                "PATCH",
                "/users/" + custodian.userId(),
                "{\"user\":{\"password\":\"%s\"}}".formatted(PASSWORD.reveal()));

        done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end()));
    }

    @Test
    void aTrustorWhosePasswordIsResetLogsInWithTheNewOne() {
        var custodian = makeCustodian("member");
        done(admin.createTrust(custodian, makeUser().id(), tenant.project(), Set.of("member"), end()));

        done(admin.createTrust(
                renewed(custodian, Secret.of("another")), makeUser().id(), tenant.project(), Set.of("member"), end()));
    }

    @Test
    void whatCannotBeAnIdIsDeniedAndNotSent() {
        done(admin.listRoles());
        var before = proxy.requests();

        for (var id : List.of("", "../users", "a/b", "a?b", "x".repeat(65), "ä", "a b", "%2e%2e")) {
            assertThat(List.of(
                            admin.deleteUser(id),
                            admin.resetPassword(id, PASSWORD),
                            admin.effectiveRoles(id, tenant.project()),
                            admin.grantRole(tenant.owner(), id, NOBODY),
                            admin.trustsTo(id),
                            admin.trustsBetween(id, NOBODY),
                            admin.trustsBetween(NOBODY, id),
                            admin.rolesOf(id),
                            admin.deleteTrust(id)))
                    .allSatisfy(reply -> assertThat(reply)
                            .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                                    .isEqualTo(400)));
        }
        assertThat(proxy.requests()).isEqualTo(before);
    }

    @Test
    void everyCallIsTimedByOperationAndResult() {
        var created = adapter.count("create-user", "done");
        var missing = adapter.count("delete-user", "missing");
        var conflict = adapter.count("create-domain", "conflict");

        makeUser();
        admin.deleteUser(NOBODY);
        admin.createDomain(domainName, "again");

        assertThat(adapter.count("create-user", "done")).isEqualTo(created + 1);
        assertThat(adapter.count("delete-user", "missing")).isEqualTo(missing + 1);
        assertThat(adapter.count("create-domain", "conflict")).isEqualTo(conflict + 1);
    }

    /** Another end each time. */
    private Instant end() {
        return lastEnd.updateAndGet(end -> end.plusSeconds(1));
    }

    private User makeUser() {
        return done(admin.createUser(domain, UUID.randomUUID().toString(), PASSWORD, "A test's user"));
    }

    private Trustor makeCustodian(String... roles) {
        var user = makeUser();
        for (var role : roles) {
            keystone.grant(user.id(), tenant.project(), role);
        }
        return new Trustor(user.id(), domain, PASSWORD);
    }

    private Trustor renewed(Trustor trustor, Secret password) {
        done(admin.resetPassword(trustor.userId(), password));
        return new Trustor(trustor.userId(), domain, password);
    }

    private void grant(String user, String role) {
        assertThat(admin.grantRole(user, tenant.project(), role(role))).isInstanceOf(Reply.Done.class);
    }

    /** The id of a role, which is made if there is none of that name. */
    private String role(String name) {
        keystone.admin("POST", "/roles", "{\"role\":{\"name\":\"%s\"}}".formatted(name));
        return keystone.admin("GET", "/roles?name=" + name, null)
                .body()
                .at("/roles/0/id")
                .asText();
    }

    private static <T> T done(Reply<T> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<T>) reply).value();
    }
}
