package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The services on a PostgreSQL that demands TLS, and on servers that are not the one which they trust. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecuredDatabaseTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String NONE = "none";

    private final SecuredDatabase database = new SecuredDatabase();
    private final Lanyard lanyard = new Lanyard();
    private final ServiceProcess revoker = lanyard.revoker;
    private int before;

    @BeforeAll
    void secure() {
        database.serve(lanyard.provisioner, "127.0.0.1");
        database.serve(lanyard.tokenIssuer, "127.0.0.1");
        database.serve(revoker, "localhost");
        revoker.set("lanyard.sweep.interval", "0");
    }

    @BeforeEach
    void remember() {
        before = said().length();
    }

    @AfterEach
    void end() {
        lanyard.services().parallel().forEach(ServiceProcess::close);
        database.show(SecuredDatabase.ITS_OWN);
    }

    @AfterAll
    void stop() {
        lanyard.close();
        database.close();
    }

    @Test
    void the_whole_loop_works_and_is_woken_and_every_session_is_by_tls() {
        // What is not woken by the database would wait for longer than this test.
        lanyard.services().forEach(service -> service.set("lanyard.reconcile.interval", "10m")
                .set("lanyard.outbox.interval", "10m"));
        lanyard.start();
        lanyard.services()
                .forEach(service -> await().atMost(PATIENCE).untilAsserted(() -> assertThat(database.lifelines(service))
                        .as(service.name())
                        .containsExactly("t")));

        aClusterIsServedAndThenRevoked();

        lanyard.services().forEach(service -> assertThat(database.sessions(service))
                .as(service.name())
                .hasSizeGreaterThan(1)
                .containsOnly("t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {SecuredDatabase.OF_ANOTHER_AUTHORITY, SecuredDatabase.OF_ANOTHER_HOST, NONE})
    void a_server_that_is_not_the_one_is_refused_at_the_start_until_it_is(String certificate) {
        show(certificate);

        revoker.launch();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(saidSince()).contains(why(certificate)));
        assertThat(revoker.isReady()).isFalse();
        assertThat(database.sessions(revoker)).isEmpty();

        database.show(SecuredDatabase.ITS_OWN);
        revoker.awaitReady();
    }

    @ParameterizedTest
    @ValueSource(strings = {SecuredDatabase.OF_ANOTHER_AUTHORITY, SecuredDatabase.OF_ANOTHER_HOST, NONE})
    void a_server_that_becomes_another_is_refused_by_the_pool_and_by_what_listens(String certificate) {
        revoker.start();

        show(certificate);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(revoker.get("/q/health/ready").body())
                        .contains(certificate.equals(NONE) ? "does not handle SSL" : "SSL handshake failed"));
        await().during(Duration.ofSeconds(5)).atMost(PATIENCE).until(() -> {
            var isCutOff = database.sessions(revoker).isEmpty() && !revoker.isReady();
            // One that was just being opened when the server became another was opened by the old rules.
            database.endSessions();
            return isCutOff;
        });

        database.show(SecuredDatabase.ITS_OWN);
        revoker.awaitReady();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(database.lifelines(revoker)).containsExactly("t"));
    }

    @Test
    void a_file_that_is_not_there_ends_the_service_and_is_named() {
        var missing = database.authority().resolveSibling("missing.crt");
        var replica = lanyard.another(revoker).set("lanyard.database.ca-certificate", missing.toString());

        replica.launch();

        await().atMost(PATIENCE).until(() -> !replica.isAlive());
        assertThat(said(replica))
                .contains("LANYARD_DATABASE_CA_CERTIFICATE: can't read certificates from %s".formatted(missing));
    }

    @Test
    void a_service_that_waits_for_a_database_ends_when_it_is_told_to() {
        var replica = lanyard.another(revoker).set("lanyard.database.password", "another");
        replica.launch();
        await().atMost(PATIENCE).until(() -> said(replica).contains("password authentication failed"));

        var told = Instant.now();
        replica.close();

        assertThat(Duration.between(told, Instant.now())).isLessThan(Duration.ofSeconds(10));
    }

    private void show(String certificate) {
        if (certificate.equals(NONE)) {
            database.showNone();
        } else {
            database.show(certificate);
        }
    }

    private static String why(String certificate) {
        return switch (certificate) {
            case SecuredDatabase.OF_ANOTHER_AUTHORITY -> "unable to find valid certification path";
            case SecuredDatabase.OF_ANOTHER_HOST -> "could not be verified by hostnameverifier";
            default -> "The server does not support SSL";
        };
    }

    private void aClusterIsServedAndThenRevoked() {
        var id = UUID.randomUUID().toString();
        var keystone = new TestKeystone();
        var tenant = keystone.makeTenant("member", "load-balancer_member");
        try (var bus = new TestBus()) {
            Stream.of("pending", "success")
                    .forEach(outcome -> bus.send(
                            lanyard.notifications(),
                            TestBus.notification("create", outcome, id, tenant.project(), tenant.owner())));
            await().atMost(PATIENCE).until(() -> lanyard.openCredential(bus, id) != null);
            var credential = lanyard.openCredential(bus, id);
            await().atMost(PATIENCE).until(() -> lanyard.login(credential).status() == 201);

            Stream.of("pending", "success")
                    .forEach(outcome -> bus.send(
                            lanyard.notifications(),
                            TestBus.notification("delete", outcome, id, tenant.project(), tenant.owner())));
            await().atMost(PATIENCE).until(() -> lanyard.login(credential).status() == 401);
        } finally {
            keystone.removeTenant(tenant);
        }
    }

    private String said() {
        return said(revoker);
    }

    private String saidSince() {
        return said().substring(before);
    }

    private static String said(ServiceProcess service) {
        try {
            return Files.exists(service.log()) ? Files.readString(service.log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
