package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The door's port on a real Keystone, without an administrator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeystoneTokensTest {
    private static final Secret PASSWORD = Secret.of("a-password-of-the-tests");

    private final TestKeystone keystone = new TestKeystone();
    private final Adapter setUp = Adapter.of(Settings.of(Settings.real(RealParts.environment("LANYARD_KEYSTONE_URL"))));
    private final RecordingProxy proxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
    private KeystoneConnection connection;
    private KeystoneTokens tokens;
    private Tenant tenant;
    private String domain;
    private String trustee;
    private Trustor custodian;

    @BeforeAll
    void makeWhatATrustNeeds() {
        connection = new KeystoneConnection(Settings.of(Map.of("url", proxy.url(), "timeout", "60s")));
        tokens = new Openstack4jTokens(connection, new Calls(setUp.meters()));
        tenant = keystone.makeTenant("member");
        domain = done(setUp.admin().createDomain("tokens-" + UUID.randomUUID(), "Made by a test"));
        trustee =
                done(setUp.admin().createUser(domain, "trustee", PASSWORD, "")).id();
        custodian = new Trustor(
                done(setUp.admin().createUser(domain, "custodian", PASSWORD, ""))
                        .id(),
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
        assertThat(tokens.ping()).isInstanceOf(Reply.Done.class);
        assertThat(proxy.sent()).doesNotContainIgnoringCase("x-auth-token");
    }

    private Trust trust() {
        return done(setUp.admin().createTrust(custodian, trustee, tenant.project(), Set.of("member")));
    }

    private static <T> T done(Reply<T> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<T>) reply).value();
    }
}
