package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneTokens.ServiceUser;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.FakeKeystone.Mode;
import lanyard.common.secrets.Secret;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything that anyone logs, at the finest level, while passwords and tokens go by. */
class NoSecretIsLoggedTest {
    private static final Instant END = Instant.parse("2200-01-01T00:00:00Z");
    private static final Secret PASSWORD = Secret.of("s3cret-of-a-user");

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger root = Logger.getLogger("");
    private final Logger openstack4j = Logger.getLogger("org.openstack4j");
    private final Level levelBefore = root.getLevel();
    private final Handler[] handlersBefore = root.getHandlers();

    private final Handler capture = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord logged) {
            var line = new StringWriter();
            line.append(logged.getLoggerName()).append(' ').append(formatter.formatMessage(logged));
            if (logged.getThrown() != null) {
                logged.getThrown().printStackTrace(new PrintWriter(line));
            }
            lines.add(line.toString());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void logEverything() {
        root.setLevel(Level.ALL);
        openstack4j.setLevel(Level.ALL);
        capture.setLevel(Level.ALL);
        for (var handler : handlersBefore) {
            root.removeHandler(handler);
        }
        root.addHandler(capture);
    }

    @AfterEach
    void stop() {
        root.removeHandler(capture);
        for (var handler : handlersBefore) {
            root.addHandler(handler);
        }
        root.setLevel(levelBefore);
        openstack4j.setLevel(null);
    }

    @Test
    void notWhenAllIsWell() {
        var keystone = new TestKeystone();
        var tenant = keystone.makeTenant("member");
        String token;
        try (var proxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
                var adapter = Adapter.of(Settings.of(Settings.real(proxy.url())))) {
            var admin = adapter.admin();
            var name = "logged-" + UUID.randomUUID();
            var domain = done(admin.createDomain(name, ""));
            var custodian = done(admin.createUser(domain, "custodian", PASSWORD, ""));
            var trustee = done(admin.createUser(domain, "trustee", PASSWORD, ""));
            keystone.grant(custodian.id(), tenant.project(), "member");
            admin.resetPassword(custodian.id(), PASSWORD);
            var trust = done(admin.createTrust(
                    new Trustor(custodian.id(), domain, PASSWORD),
                    trustee.id(),
                    tenant.project(),
                    Set.of("member"),
                    END));
            token = done(adapter.tokens().issue(trustee.id(), PASSWORD, trust.id()))
                    .id()
                    .reveal();
            adapter.tokens().issue(trustee.id(), Secret.of("s3cret-but-wrong"), trust.id());
            var exchanged = done(adapter.tokens().issue(new ServiceUser("trustee", name, PASSWORD), trust.id()));
            done(adapter.tokens().validate(exchanged.id()));
            adapter.tokens().revoke(exchanged.id());
            assertNoSecret(exchanged.id().reveal());

            assertNoSecret(token, proxy.lastToken(), proxy.lastExchanged());
            keystone.admin("PATCH", "/domains/" + domain, "{\"domain\":{\"enabled\":false}}");
            keystone.admin("DELETE", "/domains/" + domain, null);
        } finally {
            keystone.removeTenant(tenant);
        }
    }

    @Test
    void notWhenKeystoneMisbehaves() {
        try (var keystone = new FakeKeystone()) {
            var properties = Settings.real(keystone.url());
            properties.put("timeout", "200ms");
            try (var adapter = Adapter.of(Settings.of(properties))) {
                for (var mode : Mode.values()) {
                    keystone.mode = mode;
                    keystone.body = "<" + PASSWORD.reveal() + "> {\"users\": \"" + PASSWORD.reveal() + "\"";
                    adapter.admin().findUser("d", "u");
                    adapter.admin().createUser("d", "u", PASSWORD, "");
                    adapter.admin().createTrust(new Trustor("c", "d", PASSWORD), "u", "p", Set.of("member"), END);
                    adapter.admin().deleteUser("u");
                    keystone.loginMode = mode;
                    adapter.tokens().issue("u", PASSWORD, "t");
                    keystone.loginMode = Mode.WELL;
                }
            }
        }

        assertNoSecret("fake-token");
    }

    private void assertNoSecret(String... tokens) {
        // openstack4j logs each request's method and URL: if that is not seen, nothing was captured.
        assertThat(lines).anyMatch(line -> line.startsWith("org.openstack4j") && line.contains("/v3"));
        assertThat(lines).allSatisfy(line -> assertThat(line)
                .doesNotContain("s3cret", RealParts.environment("OS_PASSWORD"))
                .doesNotContain(tokens));
    }

    private static <T> T done(Reply<T> reply) {
        assertThat(reply).isInstanceOf(Reply.Done.class);
        return ((Reply.Done<T>) reply).value();
    }
}
