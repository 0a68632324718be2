package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The services on a Kafka that wants to know who they are, and lets each do what the security model says and nothing else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecuredKafkaTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SecuredBroker broker = new SecuredBroker();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Map<String, String> passwords = new HashMap<>();
    private Tenant tenant;
    private String id;

    @BeforeAll
    void secure() {
        broker.awaitReady();
        broker.makeTopics(lanyard.topics());
        var rights = new KafkaRights(lanyard);
        var users = new ArrayList<String>(List.of("conductor", "operator"));
        lanyard.services().map(ServiceProcess::name).forEach(users::add);
        users.forEach(user -> {
            broker.allow(rights.of(user));
            passwords.put(user, UUID.randomUUID().toString());
            broker.setPassword(user, passwords.get(user));
        });
        lanyard.revoker.set("lanyard.sweep.interval", "0");
        // One of the services tells all that Kafka's clients tell.
        lanyard.revoker.set("QUARKUS_LOG_CATEGORY__ORG_APACHE_KAFKA__LEVEL", "TRACE");
        lanyard.revoker.set("QUARKUS_LOG_CATEGORY__IO_SMALLRYE_REACTIVE_MESSAGING__LEVEL", "TRACE");
    }

    @AfterAll
    void stop() {
        lanyard.close();
        broker.close();
    }

    @BeforeEach
    void makeTenant() {
        tenant = keystone.makeTenant("member", "load-balancer_member");
        id = UUID.randomUUID().toString();
    }

    @AfterEach
    void removeTenant() {
        lanyard.services().parallel().forEach(ServiceProcess::close);
        keystone.removeTenant(tenant);
    }

    @Test
    void the_whole_loop_works_with_passwords_that_stand_in_files() {
        lanyard.services().forEach(service -> connect(service, byPassword(service.name()), true));

        lanyard.start();
        aClusterIsServedAndThenRevoked(byPassword("conductor"));
    }

    @Test
    void the_whole_loop_works_with_certificates() {
        lanyard.services().forEach(service -> connect(service, broker.byCertificate(service.name()), false));

        lanyard.start();
        aClusterIsServedAndThenRevoked(broker.byCertificate("conductor"));
    }

    private Map<String, String> byPassword(String user) {
        return broker.byPassword(user, passwords.get(user));
    }

    private void connect(ServiceProcess service, Map<String, String> connection, boolean inFile) {
        service.settings().keySet().removeIf(name -> name.startsWith("kafka.") || name.equals("lanyard.kafka-config"));
        service.set("lanyard.kafka", connection.get("bootstrap.servers"));
        if (inFile) {
            service.set("lanyard.kafka-config", file(connection).toString());
        } else {
            connection.forEach((name, value) -> service.set("kafka." + name, value));
        }
    }

    private static Path file(Map<String, String> connection) {
        try {
            var file = Files.createTempFile(Path.of("target").toAbsolutePath(), "client", ".properties");
            var properties = new Properties();
            properties.putAll(connection);
            try (var writer = Files.newBufferedWriter(file)) {
                properties.store(writer, null);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void aClusterIsServedAndThenRevoked(Map<String, String> conductor) {
        try (var bus = new TestBus(conductor)) {
            tell(bus, "create", "pending");
            tell(bus, "create", "success");
            await().atMost(PATIENCE).until(() -> lanyard.openCredential(bus, id) != null);
            var credential = lanyard.openCredential(bus, id);
            assertThat(lanyard.login(credential).status()).isEqualTo(201);

            tell(bus, "delete", "pending");
            tell(bus, "delete", "success");
            await().atMost(PATIENCE).until(() -> lanyard.login(credential).status() == 401);
            assertThat(bus.events(lanyard.credentials(), id, "credential.revoked"))
                    .hasSize(1);
        }
    }

    private void tell(TestBus bus, String action, String outcome) {
        bus.send(lanyard.notifications(), TestBus.notification(action, outcome, id, tenant.project(), tenant.owner()));
    }
}
