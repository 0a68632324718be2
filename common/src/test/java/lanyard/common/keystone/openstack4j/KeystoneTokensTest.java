package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import lanyard.common.tracing.Tracing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The door's port on a real Keystone, without an administrator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeystoneTokensTest {
    private static final Secret PASSWORD = Secret.of("a-password-of-the-tests");
    private static final Secret ANOTHER = Secret.of("another-password-of-the-tests");

    private final TestKeystone keystone = new TestKeystone();
    private final Adapter setUp = Adapter.of(Settings.of(Settings.real(RealParts.environment("LANYARD_KEYSTONE_URL"))));
    private final RecordingProxy proxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
    private final AtomicReference<Instant> end = new AtomicReference<>(Instant.parse("2300-01-01T00:00:00Z"));
    private KeystoneConnection connection;
    private KeystoneTokens tokens;
    private Tenant tenant;
    private String domain;
    private String domainName;
    private String trustee;
    private Trustor custodian;

    @BeforeAll
    void makeWhatATrustNeeds() {
        connection = new KeystoneConnection(Settings.of(Map.of("url", proxy.url(), "timeout", "60s")));
        tokens = new Openstack4jTokens(connection, new Calls(setUp.meters(), Tracing.OFF), InstantSource.system());
        tenant = keystone.makeTenant("member");
        domainName = "tokens-" + UUID.randomUUID();
        domain = done(setUp.admin().createDomain(domainName, "Made by a test"));
        trustee =
                done(setUp.admin().createUser(domain, "trustee", PASSWORD, "")).id();
        custodian = new Trustor(
                done(setUp.admin().createUser(domain, "custodian", PASSWORD, ""))
                        .id(),
                domain,
                PASSWORD);
        keystone.grant(custodian.userId(), tenant.project(), "member");
    }

    @AfterAll
    void removeIt() {
        keystone.removeTenant(tenant);
        keystone.admin("PATCH", "/domains/" + domain, "{\"domain\":{\"enabled\":false}}");
        keystone.admin("DELETE", "/domains/" + domain, null);
        connection.close();
        setUp.close();
        proxy.close();
    }

    @Test
    void aTokenIsForTheTrusteeOnTheProjectWithTheDelegatedRoles() {
        var token = done(tokens.issue(trustee, PASSWORD, trust().id()));

        var seen = keystone.validate(token.id().reveal());
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.body().at("/token/user/id").asText()).isEqualTo(trustee);
        assertThat(seen.body().at("/token/project/id").asText()).isEqualTo(tenant.project());
        assertThat(seen.body().at("/token/roles").findValuesAsText("name")).contains("member");
        assertThat(seen.body().at("/token/OS-TRUST:trust/impersonation").asBoolean(true))
                .isFalse();
        assertThat(Instant.parse(seen.body().at("/token/expires_at").asText())).isEqualTo(token.expiresAt());
    }

    @Test
    void theBodyIsKeystonesByteForByteWithTheCatalog() {
        var token = done(tokens.issue(trustee, PASSWORD, trust().id()));

        assertThat(token.body()).contains("\"catalog\"");
        assertThat(proxy.received()).contains("\r\n\r\n" + token.body());
        assertThat(proxy.received()).contains("Content-Length: " + token.body().length() + "\r\n");
    }

    @Test
    void aTrustThatIsGoneAndAWrongPasswordAreDenied() {
        var trust = trust();
        assertThat(tokens.issue(trustee, Secret.of("wrong"), trust.id()))
                .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                        .isEqualTo(401));

        done(setUp.admin().deleteTrust(trust.id()));

        assertThat(tokens.issue(trustee, PASSWORD, trust.id())).isInstanceOfSatisfying(Reply.Denied.class, denied -> {
            assertThat(denied.status()).isEqualTo(401);
            assertThat(denied.why())
                    .matches("Keystone refuses: 401 Unauthorized \\(request req-[0-9a-f-]{36}\\), at the login");
        });
    }

    @Test
    void aServiceUsersTokenIsExchangedForEachTrustAfterOneLogin() {
        var user = serviceUser();
        var trusts = List.of(trust(id(user)), trust(id(user)), trust(id(user)));
        var before = proxy.passwordLogins();

        var issued = trusts.stream()
                .map(trust -> done(tokens.issue(user, trust.id())))
                .toList();

        assertThat(proxy.passwordLogins() - before).isEqualTo(1);
        for (int i = 0; i < trusts.size(); i++) {
            var seen = keystone.validate(issued.get(i).id().reveal()).body();
            assertThat(seen.at("/token/OS-TRUST:trust/id").asText())
                    .isEqualTo(trusts.get(i).id());
            assertThat(seen.at("/token/user/id").asText()).isEqualTo(id(user));
            assertThat(seen.at("/token/project/id").asText()).isEqualTo(tenant.project());
            assertThat(issued.get(i).body()).contains("\"catalog\"");
            assertThat(issued.get(i).expiresAt())
                    .as("the end of the login's")
                    .isEqualTo(issued.getFirst().expiresAt());
        }
    }

    @Test
    void aServiceUserWhoseTokenWasRevokedLogsInOnceMore() {
        var user = serviceUser();
        var trust = trust(id(user));
        done(tokens.issue(user, trust.id()));
        // Setting the password, even to the same, revokes the tokens that it gave.
        done(setUp.admin().resetPassword(id(user), PASSWORD));
        var before = proxy.passwordLogins();

        done(tokens.issue(user, trust.id()));
        done(tokens.issue(user, trust.id()));

        assertThat(proxy.passwordLogins() - before).isEqualTo(1);
    }

    @Test
    void aTrustThatIsGoneOrOfSomebodyElseIsDeniedToAServiceUser() {
        var user = serviceUser();
        var gone = trust(id(user));
        done(setUp.admin().deleteTrust(gone.id()));
        var others = trust();

        for (var trust : List.of(gone, others)) {
            assertThat(tokens.issue(user, trust.id()))
                    .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                            .isIn(401, 403));
        }
        assertThat(tokens.issue(new ServiceUser(user.name(), domainName, ANOTHER), others.id()))
                .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                        .isEqualTo(401));
    }

    @Test
    void aServiceUserLogsInWithItsPasswordAndNoOther() {
        var user = serviceUser();

        var token = done(tokens.logIn(user));

        assertThat(keystone.validate(token.id().reveal())
                        .body()
                        .at("/token/project")
                        .isMissingNode())
                .isTrue();
        assertThat(tokens.logIn(new ServiceUser(user.name(), domainName, ANOTHER)))
                .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                        .isEqualTo(401));
        assertThat(tokens.logIn(new ServiceUser("nobody", domainName, PASSWORD)))
                .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.status())
                        .isEqualTo(401));
    }

    @Test
    void aTokenIsValidatedAndRevokedWithItself() {
        var token = done(tokens.issue(trustee, PASSWORD, trust().id()));

        var seen = done(tokens.validate(token.id()));
        assertThat(seen.id()).isEqualTo(token.id());
        assertThat(seen.expiresAt()).isEqualTo(token.expiresAt());
        assertThat(seen.body()).contains("\"catalog\"").contains(tenant.project());

        done(tokens.revoke(token.id()));

        assertThat(keystone.validate(token.id().reveal()).status()).isEqualTo(404);
        assertDead(tokens.validate(token.id()));
        assertDead(tokens.revoke(token.id()));
        assertDead(tokens.validate(Secret.of("no-token")));
    }

    @Test
    void theTokenOfATrustThatIsGoneIsDead() {
        var trust = trust();
        var token = done(tokens.issue(trustee, PASSWORD, trust.id()));

        done(setUp.admin().deleteTrust(trust.id()));

        assertDead(tokens.validate(token.id()));
        assertDead(tokens.revoke(token.id()));
    }

    private static void assertDead(Reply<?> reply) {
        assertThat(reply).isInstanceOfAny(Reply.Missing.class, Reply.Denied.class);
        if (reply instanceof Reply.Denied<?>(int status, var _)) {
            assertThat(status).isIn(401, 403);
        }
    }

    @Test
    void manyCallsGoOverOneConnection() {
        var trust = trust();
        tokens.ping();
        var connections = proxy.connections();

        for (var i = 0; i < 10; i++) {
            done(tokens.issue(trustee, PASSWORD, trust.id()));
        }

        assertThat(proxy.connections()).isEqualTo(connections);
    }

    @Test
    void keystoneAnswersAPingWithoutAuthentication() {
        try (var ownProxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
                var adapter = Adapter.of(Settings.of(Settings.real(ownProxy.url())))) {
            assertThat(adapter.tokens().ping()).isInstanceOf(Reply.Done.class);
            assertThat(ownProxy.sent()).isNotEmpty().doesNotContainIgnoringCase("x-auth-token");
        }
    }

    private ServiceUser serviceUser() {
        var name = "service-" + UUID.randomUUID();
        done(setUp.admin().createUser(domain, name, PASSWORD, ""));
        return new ServiceUser(name, domainName, PASSWORD);
    }

    private String id(ServiceUser user) {
        return done(setUp.admin().findUser(domain, user.name())).id();
    }

    private Trust trust() {
        return trust(trustee);
    }

    private Trust trust(String to) {
        return done(setUp.admin()
                .createTrust(
                        custodian,
                        to,
                        tenant.project(),
                        Set.of("member"),
                        end.updateAndGet(last -> last.plusSeconds(1))));
    }

    private static <T> T done(Reply<T> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<T>) reply).value();
    }
}
