package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanyard.acceptance.ContainerCloud.Replica;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** The images of the services in containers, beside Kafka, PostgreSQL and Keystone in theirs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TheImagesTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String CREDENTIALS = "lanyard.credentials";
    private static final int HUGE_MESSAGES = 400;

    private Engine engine;
    private ContainerCloud cloud;
    private TestBus bus;
    private TestKeystone keystone;
    private Tenant tenant;
    private String volume;

    /** The replicas that a load balancer would send a client to, or an operator counts on, whichever service they are of. */
    private final List<Replica> live = new CopyOnWriteArrayList<>();

    @BeforeAll
    void start() throws IOException {
        engine = Engine.prepared().buildImages();
        cloud = new ContainerCloud(engine);
        volume = cloud.start();
        bus = cloud.bus();
        keystone = cloud.keystone();
        tenant = keystone.makeTenant("member", "load-balancer_member");
        Stream.of("provisioner", "token-issuer", "revoker").forEach(this::join);
    }

    @AfterAll
    void stop() {
        if (cloud != null) {
            cloud.close();
        }
        if (bus != null) {
            bus.close();
        }
    }

    @ParameterizedTest
    @Order(1)
    @ValueSource(strings = {"provisioner", "token-issuer", "revoker", "conductor-bridge"})
    void an_image_says_what_it_is_and_of_what_it_is_made_and_its_class_archive_fits_its_java(String service)
            throws IOException {
        var configuration = engine.configuration(service);
        assertThat(configuration.getUser()).isEqualTo("10001:10001");
        assertThat(configuration.getLabels())
                .containsEntry("org.opencontainers.image.title", "Lanyard: " + service)
                .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
                .hasEntrySatisfying("org.opencontainers.image.revision", revision -> assertThat(revision)
                        .matches("[0-9a-f]{40}(-dirty)?"))
                .containsKey("org.opencontainers.image.version");

        var options = Stream.of(configuration.getEnv())
                .filter(variable -> variable.startsWith("JDK_JAVA_OPTIONS="))
                .map(variable -> variable.substring(variable.indexOf('=') + 1))
                .findFirst()
                .orElseThrow();
        // The JVM ends at once if it can't use its archive; the service ends later, as it lacks its settings.
        try (var alone = new GenericContainer<>(engine.image(service))
                .withEnv("JDK_JAVA_OPTIONS", options + " -Xshare:on")
                .waitingFor(Wait.forLogMessage(".*(SRCFG|lanyard\\.kafka).*", 1).withStartupTimeout(PATIENCE))) {
            alone.start();
        }

        var contents = engine.contents(service);
        assertThat(contents.at("/bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(contents.at("/components").findValuesAsText("name"))
                .contains("kafka-clients", "lz4-java", "quarkus-core");
    }

    @Test
    @Order(1)
    void another_checkout_of_the_same_sources_gives_the_same_layers(@TempDir Path elsewhere) throws Exception {
        assumeTrue(engine.setsTimes(), "the engine leaves the times of files in the layers");
        var second = SecondCheckout.of("revoker", elsewhere);
        // The layers say that something differs; this says what.
        var differs = SecondCheckout.built(second.directory(), "revoker");
        differs.removeAll(SecondCheckout.built(ServiceProcess.THIS_VERSION, "revoker"));
        assertThat(differs).isEmpty();
        assertThat(engine.layersBuiltIn(second, "revoker")).isEqualTo(engine.layers("revoker"));
    }

    @Test
    @Order(2)
    void a_created_cluster_gets_a_credential_that_works_and_a_deleted_one_keeps_nothing() {
        var cluster = create();
        var credential = credential(cluster);
        var login = Lanyard.login(door(), credential);
        assertThat(login.status()).isEqualTo(201);
        var valid = keystone.validate(login.token());
        assertThat(valid.body().at("/token/user/name").asText()).isEqualTo(cluster);
        assertThat(valid.body().at("/token/project/id").asText()).isEqualTo(tenant.project());

        delete(cluster);
        eventually(() -> Lanyard.login(door(), credential).status() == 401);
        eventually(() -> keystone.users("lanyard", cluster).isEmpty());
        assertThat(keystone.validate(login.token()).status()).isEqualTo(404);
    }

    @Test
    @Order(3)
    void a_second_replica_joins_and_serves_what_the_first_made() {
        var credential = credential(create());
        var second = join("token-issuer");
        assertThat(Lanyard.login(second.url(), credential).status()).isEqualTo(201);
        join("provisioner");
        join("revoker");
        var later = create();
        assertThat(Lanyard.login(second.url(), credential(later)).status()).isEqualTo(201);
        delete(later);
        for (var door : replicas("token-issuer")) {
            var of = credential(later);
            eventually(() -> Lanyard.login(door.url(), of).status() == 401);
        }
    }

    @Test
    @Order(4)
    void a_rolling_restart_refuses_nobody_and_loses_no_cluster() {
        var credential = credential(create());
        var clusters = new ArrayList<String>();
        var statuses = new CopyOnWriteArrayList<Integer>();
        try (var client = Executors.newSingleThreadScheduledExecutor()) {
            var logins = client.scheduleWithFixedDelay(
                    () -> statuses.add(Lanyard.login(door(), credential).status()), 0, 50, TimeUnit.MILLISECONDS);
            for (var old : List.copyOf(live)) {
                clusters.add(create());
                join(old.service());
                live.remove(old);
                // Nobody is sent there any more: the login that had begun is over.
                int soFar = statuses.size();
                eventually(() -> statuses.size() > soFar + 1 || logins.isDone());
                // 143 is a JVM that was told to end, and did: 137 would be one that had to be killed.
                assertThat(old.end()).as(old.service()).isEqualTo(143);
                clusters.add(create());
            }
            assertThat(logins.isDone()).as("the client has failed").isFalse();
            client.shutdownNow();
        }
        assertThat(statuses).hasSizeGreaterThan(10).containsOnly(201);
        for (var cluster : clusters) {
            assertThat(Lanyard.login(door(), credential(cluster)).status()).isEqualTo(201);
        }
    }

    @Test
    @Order(5)
    void a_killed_container_loses_nothing_and_makes_nothing_twice() {
        var clusters = Stream.generate(this::create).limit(10).toList();
        Stream.of("provisioner", "token-issuer", "revoker").forEach(service -> {
            var killed = replicas(service).getFirst();
            live.remove(killed);
            assertThat(killed.kill()).isEqualTo(137);
        });
        for (var cluster : clusters) {
            assertThat(Lanyard.login(door(), credential(cluster)).status()).isEqualTo(201);
            var trustees = keystone.users("lanyard", cluster);
            assertThat(trustees).hasSize(1);
            assertThat(keystone.trustsTo(trustees.getFirst().get("id").asText()))
                    .hasSize(1);
        }
        clusters.forEach(this::delete);
        for (var cluster : clusters) {
            eventually(() -> keystone.users("lanyard", cluster).isEmpty());
        }
    }

    @Test
    @Order(6)
    void whoever_fills_the_conductors_topics_with_messages_as_long_as_kafka_takes_them_ends_no_service() {
        // Not passed over: it has to be read to be refused.
        var message = "{\"event_type\":\"magnum.cluster.create\",\"payload\":{\"x\":\"%s\"}}"
                .formatted("y".repeat(900_000))
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < HUGE_MESSAGES / 2; i++) {
            bus.send("notifications.info", message);
            bus.send("notifications.error", message);
        }
        for (var service : List.of("provisioner", "revoker")) {
            eventually(() -> deadLetters(service) >= HUGE_MESSAGES);
        }
        assertThat(live).allMatch(replica -> replica.container().isRunning());
        assertThat(Lanyard.login(door(), credential(create())).status()).isEqualTo(201);
    }

    private long deadLetters(String service) {
        return bus.everything("lanyard.dead-letters").stream()
                .map(letter -> new String(letter.value(), StandardCharsets.UTF_8))
                .filter(letter -> letter.contains("\"service\":\"%s\"".formatted(service)))
                .count();
    }

    @Test
    @Order(7)
    void a_database_whose_volume_is_lost_and_restored_comes_to_the_truth_and_revokes_nothing_that_lives() {
        var kept = create();
        var doomed = create();
        var keptCredential = credential(kept);
        var doomedCredential = credential(doomed);
        cloud.stopPostgres();
        var backup = cloud.snapshot(volume);
        cloud.startPostgres(volume);
        var later = create();
        var laterCredential = credential(later);
        delete(doomed);
        eventually(() -> Lanyard.login(door(), doomedCredential).status() == 401);
        eventually(() -> keystone.users("lanyard", doomed).isEmpty());

        // docs/operations.md, Backups: the services are stopped, the database is restored, the services are started.
        var before = List.copyOf(live);
        before.forEach(Replica::end);
        live.clear();
        cloud.stopPostgres();
        cloud.lose(volume);
        cloud.startPostgres(backup);
        before.stream().map(Replica::service).distinct().forEach(this::join);

        eventually(() -> Lanyard.login(door(), laterCredential).status() == 201);
        assertThat(Lanyard.login(door(), keptCredential).status()).isEqualTo(201);
        eventually(() -> Lanyard.login(door(), doomedCredential).status() == 401);
        delete(kept);
        eventually(() -> Lanyard.login(door(), keptCredential).status() == 401);
        assertThat(Lanyard.login(door(), laterCredential).status()).isEqualTo(201);
        assertThat(keystone.users("lanyard", doomed)).isEmpty();
    }

    private Replica join(String service) {
        var replica = cloud.startReplica(service);
        live.add(replica);
        return replica;
    }

    private List<Replica> replicas(String service) {
        return live.stream()
                .filter(replica -> replica.service().equals(service))
                .toList();
    }

    /** As a load balancer sends a client: to the one that has been there for longest. */
    private String door() {
        return replicas("token-issuer").getFirst().url();
    }

    private String create() {
        var cluster = UUID.randomUUID().toString();
        tell("create", "pending", cluster);
        tell("create", "success", cluster);
        return cluster;
    }

    private void delete(String cluster) {
        tell("delete", "pending", cluster);
        tell("delete", "success", cluster);
    }

    private void tell(String action, String outcome, String cluster) {
        bus.send(
                "notifications.info", TestBus.notification(action, outcome, cluster, tenant.project(), tenant.owner()));
    }

    private JsonNode credential(String cluster) {
        eventually(() -> !bus.events(CREDENTIALS, cluster, "credential.ready").isEmpty());
        return Lanyard.open(bus.events(CREDENTIALS, cluster, "credential.ready").getFirst(), cloud.conductorKey());
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(condition);
    }
}
