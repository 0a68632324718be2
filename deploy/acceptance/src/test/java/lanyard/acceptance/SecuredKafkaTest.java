package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The services and the bridge on a Kafka that wants to know who they are, and lets each do what the security model says and nothing else. */
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
        var users = new ArrayList<String>(List.of("conductor", "operator", "bridge"));
        lanyard.services().map(ServiceProcess::name).forEach(users::add);
        users.forEach(user -> {
            broker.allow(rights.of(user));
            passwords.put(user, UUID.randomUUID().toString());
            broker.setPassword(user, passwords.get(user));
        });
        lanyard.revoker.set("lanyard.sweep.interval", "0");
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
        // One of the services tells all that Kafka's clients tell.
        lanyard.revoker.set("QUARKUS_LOG_CATEGORY__ORG_APACHE_KAFKA__LEVEL", "TRACE");
        lanyard.revoker.set("QUARKUS_LOG_CATEGORY__IO_SMALLRYE_REACTIVE_MESSAGING__LEVEL", "TRACE");
        lanyard.start();

        aClusterIsServedAndThenRevoked(byPassword("conductor"));

        assertThat(said(lanyard.revoker)).contains("TRACE [o.a.k.", "TRACE [i.s.r.m.kafka]");
        lanyard.services().forEach(service -> assertThat(said(service)).doesNotContain(passwords.values()));
    }

    @Test
    void the_whole_loop_works_with_certificates_and_an_operator_sees_it() {
        connect(lanyard.provisioner, broker.byCertificate("provisioner"), false);
        connect(lanyard.tokenIssuer, broker.byCertificate("token-issuer"), false);
        connect(lanyard.revoker, broker.byStore("revoker"), false);
        lanyard.start();

        aClusterIsServedAndThenRevoked(broker.byCertificate("conductor"));

        var operator = new Operator(lanyard, broker.byCertificate("operator"));
        assertThat(operator.runs("events").text()).contains(id).contains("credential.revoked");
        // How far the revoker has heard, Kafka tells it too.
        assertThat(operator.runs("sweep", "--dry-run").text()).doesNotContain("Kafka");
    }

    @Test
    void a_service_that_is_not_let_in_says_why_in_one_line_and_comes_in_once_it_may() {
        connect(lanyard.revoker, byPassword("revoker"), true);
        broker.setPassword("revoker", "another");
        var nobody = new HashMap<>(broker.byCertificate("provisioner"));
        nobody.keySet().removeIf(setting -> setting.startsWith("ssl.keystore."));
        connect(lanyard.provisioner, nobody, false);

        // What it said in another test is in the same file.
        var before = Map.of(
                lanyard.revoker, said(lanyard.revoker).length(),
                lanyard.provisioner, said(lanyard.provisioner).length());
        lanyard.revoker.launch();
        lanyard.provisioner.launch();

        before.forEach((service, said) -> {
            await().atMost(PATIENCE)
                    .until(() -> complaints(service, said, "SRMSG18285").size() == 2);
            assertThat(service.isReady()).isFalse();
            assertThat(service.get("/q/health/ready").body()).contains("credentials,notifications");
        });
        broker.setPassword("revoker", passwords.get("revoker"));
        lanyard.revoker.awaitReady();

        assertThat(lanyard.provisioner.isReady()).isFalse();
        assertThat(complaints(lanyard.revoker, before.get(lanyard.revoker), "SRMSG18285"))
                .allSatisfy(line -> assertThat(line).contains("invalid credentials with SASL mechanism SCRAM-SHA-512"));
        assertThat(complaints(lanyard.provisioner, before.get(lanyard.provisioner), "SRMSG18285"))
                .allSatisfy(line -> assertThat(line).contains("certificate_required"));
        before.forEach((service, said) -> {
            assertThat(complaints(service, said, " failed authentication"))
                    .as("one line of each client, however often it tried")
                    .hasSize(3);
            assertThat(complaints(service, said, "\tat org.apache.kafka.")).isEmpty();
        });
    }

    @Test
    void the_bridge_carries_with_a_password_and_with_a_certificate() throws Exception {
        try (var rabbitMq = new RealRabbitMq()) {
            for (var connection : List.of(byPassword("bridge"), broker.byCertificate("bridge"))) {
                try (var bridge = bridge(rabbitMq, connection).start()) {
                    assertCarried(rabbitMq);
                    assertThat(said(bridge)).doesNotContain(passwords.values());
                }
            }
        }
    }

    @Test
    void a_bridge_that_is_not_let_in_says_why_and_carries_once_it_may() throws Exception {
        broker.setPassword("bridge", "another");
        try (var rabbitMq = new RealRabbitMq();
                var bridge = bridge(rabbitMq, byPassword("bridge")).launch()) {
            awaitUnready(bridge, "it does not let the bridge in: see the settings KAFKA_SASL_");

            broker.setPassword("bridge", passwords.get("bridge"));
            bridge.awaitReady();
            assertCarried(rabbitMq);
        }
    }

    /** What the alert LanyardBridgeFlapping is about: Kafka answers, and what it is sent comes back. */
    @Test
    void a_bridge_that_may_read_a_topic_and_not_write_to_it_begins_anew_again_and_again() throws Exception {
        try (var rabbitMq = new RealRabbitMq();
                var bridge =
                        bridge(rabbitMq, broker.byCertificate("provisioner")).start()) {
            tell(rabbitMq);

            awaitUnready(bridge, "it does not let the bridge write");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(bridge.get("/q/metrics").body())
                            .containsPattern("(?m)^lanyard_bridge_crossings_total ([3-9]|\\d\\d+)\\.0$"));
        }
    }

    private ServiceProcess bridge(RealRabbitMq rabbitMq, Map<String, String> connection) {
        var bridge = rabbitMq.bridgeTo(connection.get("bootstrap.servers"))
                .set("lanyard.topics.notifications", lanyard.settings.get("lanyard.topics.notifications"));
        connect(bridge, connection, false);
        return bridge;
    }

    private void awaitUnready(ServiceProcess bridge, String why) {
        await().atMost(PATIENCE).ignoreException(UncheckedIOException.class).untilAsserted(() -> assertThat(
                        bridge.get("/q/health/ready").body())
                .contains(why));
    }

    private void assertCarried(RealRabbitMq rabbitMq) throws Exception {
        id = UUID.randomUUID().toString();
        tell(rabbitMq);
        try (var reader = new TestBus(broker.byCertificate("provisioner"))) {
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.everything(lanyard.notifications()))
                    .extracting(ConsumerRecord::key)
                    .contains(id));
        }
    }

    private void tell(RealRabbitMq rabbitMq) throws Exception {
        try (var conductor = rabbitMq.connect();
                var channel = conductor.createChannel()) {
            channel.basicPublish(
                    "magnum",
                    "notifications.info",
                    null,
                    TestBus.notification("create", "pending", id, tenant.project(), tenant.owner()));
        }
    }

    private static List<String> complaints(ServiceProcess service, int from, String what) {
        return said(service)
                .substring(from)
                .lines()
                .filter(line -> line.contains(what))
                .toList();
    }

    private static String said(ServiceProcess service) {
        try {
            return Files.exists(service.log()) ? Files.readString(service.log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_user_that_may_not_write_to_a_topic_is_refused_by_the_broker() {
        assertRefused("token-issuer", lanyard.notifications());
        assertRefused("revoker", lanyard.settings.get("lanyard.topics.audit"));
        assertRefused("provisioner", lanyard.notifications());
        assertRefused("conductor", lanyard.credentials());
        assertRefused("bridge", lanyard.credentials());
    }

    @Test
    void the_conductor_reads_what_is_for_it_in_a_group_of_its_own_and_in_nobody_elses() {
        try (var reader = reader(KafkaRights.CONDUCTORS_GROUP)) {
            await().atMost(PATIENCE).until(() -> {
                reader.poll(Duration.ofMillis(100));
                return !reader.assignment().isEmpty();
            });
            reader.commitSync();
        }
        try (var reader = reader(lanyard.group("token-issuer"))) {
            assertThatThrownBy(() -> reader.poll(PATIENCE)).isInstanceOf(GroupAuthorizationException.class);
        }
    }

    private KafkaConsumer<byte[], byte[]> reader(String group) {
        var settings = new HashMap<String, Object>(broker.byCertificate("conductor"));
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        var reader = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        reader.subscribe(List.of(lanyard.credentials()));
        return reader;
    }

    private void assertRefused(String user, String topic) {
        try (var bus = new TestBus(broker.byCertificate(user))) {
            assertThatThrownBy(() -> bus.send(topic, new byte[0]))
                    .as("%s writes to %s", user, topic)
                    .hasRootCauseInstanceOf(TopicAuthorizationException.class);
        }
    }

    private Map<String, String> byPassword(String user) {
        return broker.byPassword(user, passwords.get(user));
    }

    private void connect(ServiceProcess service, Map<String, String> connection, boolean inFile) {
        service.settings()
                .keySet()
                .removeIf(name -> name.startsWith("kafka.")
                        || name.equals("lanyard.kafka-config")
                        || name.startsWith("QUARKUS_LOG_"));
        service.set("lanyard.kafka", connection.get("bootstrap.servers"));
        if (inFile) {
            service.set("lanyard.kafka-config", ClientSettings.file(connection).toString());
        } else {
            connection.forEach((name, value) -> service.set("kafka." + name, value));
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
