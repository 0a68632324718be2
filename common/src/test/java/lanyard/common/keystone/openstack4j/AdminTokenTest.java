package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lanyard.common.keystone.Reply;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How often the administrator's password goes to a real Keystone. */
class AdminTokenTest {
    private RecordingProxy proxy;
    private Adapter adapter;

    @BeforeEach
    void connect() {
        proxy = new RecordingProxy(RealParts.environment("LANYARD_KEYSTONE_URL"));
        adapter = Adapter.of(Settings.of(Settings.real(proxy.url())));
    }

    @AfterEach
    void disconnect() {
        adapter.close();
        proxy.close();
    }

    @Test
    void thePasswordIsSentOnceHoweverManyCallTogether() throws Exception {
        Callable<Reply<?>> call = adapter.admin()::listRoles;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Reply<?>> reply : threads.invokeAll(Collections.nCopies(20, call))) {
                assertThat(reply.get()).isInstanceOf(Reply.Done.class);
            }
        }

        assertThat(proxy.passwordLogins()).isEqualTo(1);
        assertThat(proxy.exchanges()).isEqualTo(1);
        assertThat(proxy.connections()).isLessThanOrEqualTo(8);
        assertThat(adapter.count("login", "done")).isEqualTo(1);
        assertThat(adapter.count("exchange", "done")).isEqualTo(1);
        assertThat(adapter.count("list-roles", "done")).isEqualTo(20);
    }

    @Test
    void aRevokedTokenIsReplacedByAnotherExchange() throws Exception {
        works();
        revoke(proxy.lastToken());

        works();

        assertThat(proxy.passwordLogins()).isEqualTo(1);
        assertThat(proxy.exchanges()).isEqualTo(2);
    }

    @Test
    void onlyWhenTheExchangeIsRefusedThePasswordIsSentAgain() throws Exception {
        works();
        revoke(proxy.lastExchanged());
        revoke(proxy.lastToken());

        works();
        works();

        assertThat(proxy.passwordLogins()).isEqualTo(2);
    }

    @Test
    void aWrongPasswordIsDeniedAndSaysWhere() {
        var properties = Settings.real(proxy.url());
        properties.put("username", "nobody-of-that-name");
        try (var nobody = Adapter.of(Settings.of(properties))) {
            assertThat(nobody.admin().listRoles()).isInstanceOfSatisfying(Reply.Denied.class, denied -> {
                assertThat(denied.status()).isEqualTo(401);
                assertThat(denied.why())
                        .startsWith("the administrator's password was changed")
                        .endsWith("at the login)");
            });
        }
    }

    private void works() {
        assertThat(adapter.admin().listRoles()).isInstanceOf(Reply.Done.class);
    }

    private static void revoke(String token) throws IOException, InterruptedException {
        try (var http = PlainHttp.client()) {
            http.send(
                    HttpRequest.newBuilder(URI.create(RealParts.environment("LANYARD_KEYSTONE_URL") + "/auth/tokens"))
                            .DELETE()
                            .header("X-Auth-Token", token)
                            .header("X-Subject-Token", token)
                            .build(),
                    BodyHandlers.discarding());
        }
    }
}
