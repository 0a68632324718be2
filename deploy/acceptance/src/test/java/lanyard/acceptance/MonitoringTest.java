package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What deploy/monitoring asks Prometheus for is there once a cluster has come and gone: a real one scrapes the packaged services, and the
 * bridge by which a conductor tells them of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MonitoringTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
    private static final Path MONITORING = ROOT.resolve("deploy/monitoring");
    private static final Path ALERTS = MONITORING.resolve("alerts.yaml");
    /** An alert's expression: what is measured, and with what it is compared. */
    private static final Pattern ALERT = Pattern.compile("(?s)(?<measured>.+) (?:>|<) [0-9.]+");

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private Tenant tenant;
    private RealRabbitMq rabbitMq;
    private ServiceProcess bridge;
    private Channel conductor;
    private Prometheus prometheus;

    @BeforeAll
    void aClusterComesAndGoesAndAnotherFails() throws Exception {
        tenant = keystone.makeTenant("member", "load-balancer_member");
        lanyard.start();
        rabbitMq = new RealRabbitMq();
        bridge = rabbitMq.bridgeTo(lanyard.settings.get("lanyard.kafka"))
                .set("lanyard.topics.notifications", lanyard.settings.get("lanyard.topics.notifications"))
                .start();
        conductor = rabbitMq.connect().createChannel();
        prometheus = new Prometheus(
                ALERTS,
                Stream.concat(lanyard.services(), Stream.of(bridge))
                        .collect(Collectors.toMap(it -> "lanyard-" + it.name(), it -> it.metrics())));
        // An increase is seen between two scrapes: the first is before anything happens.
        eventually(
                () -> prometheus.query("up == 1").size() == lanyard.services().count() + 1);
        var cluster = UUID.randomUUID().toString();
        tell("create", cluster, tenant.owner());
        tell("create", UUID.randomUUID().toString(), "nobody");
        bus.send(lanyard.notifications(), "magnum.cluster. but no JSON".getBytes(StandardCharsets.UTF_8));
        eventually(() -> lanyard.openCredential(bus, cluster) != null);
        var credential = (ObjectNode) lanyard.openCredential(bus, cluster);
        assertThat(lanyard.login(credential).status()).isEqualTo(201);
        assertThat(lanyard.login(credential).status()).isEqualTo(201);
        tell("delete", cluster, tenant.owner());
        eventually(() -> lanyard.login(credential).status() == 401);
    }

    @AfterAll
    void stop() throws Exception {
        for (var one : Arrays.asList(prometheus, bridge, rabbitMq)) {
            if (one != null) {
                one.close();
            }
        }
        lanyard.close();
        bus.close();
        keystone.removeTenant(tenant);
    }

    @Test
    void everyPanelsQueryHasSeries() {
        var queries = dashboards()
                .flatMap(dashboard -> dashboard.findValuesAsText("expr").stream())
                .distinct()
                .toList();

        assertThat(queries).hasSizeGreaterThan(50);
        eventuallyHaveSeries(queries);
    }

    @Test
    void everyAlertMeasuresSomethingAlsoWhenAllIsWell() throws IOException {
        var measured = new ArrayList<String>();
        for (var rule : alerts()) {
            var expression = ALERT.matcher(rule.get("expr").asText());
            assertThat(expression.matches()).as("%s ends in a comparison", rule).isTrue();
            measured.add(expression.group("measured"));
        }

        assertThat(measured).hasSizeGreaterThan(20);
        eventuallyHaveSeries(measured);
    }

    @Test
    void everyAlertFiresInItsTestAndNoneWhenAllIsWell() throws Exception {
        var promtool = new ProcessBuilder(
                        Prometheus.program("promtool").toString(), "test", "rules", "alerts-test.yaml")
                .directory(MONITORING.toFile())
                .redirectErrorStream(true)
                .start();
        var said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();

        var tested = Files.readString(MONITORING.resolve("alerts-test.yaml"));
        for (var rule : alerts()) {
            assertThat(tested)
                    .contains("alertname: %s\n        exp_alerts:\n          - exp_labels".formatted(name(rule)));
        }
    }

    @Test
    void everyAlertSaysHowBadItIsAndHasARunbook() throws IOException {
        for (var rule : alerts()) {
            assertThat(rule.at("/labels/severity").asText()).as(name(rule)).isIn("critical", "warning");
            var runbook = rule.at("/annotations/runbook_url").asText();
            assertThat(runbook).isEqualTo("docs/runbooks/%s.md", name(rule));
            assertThat(ROOT.resolve(runbook)).content().startsWith("# " + name(rule) + "\n");
        }
        try (var runbooks = Files.list(ROOT.resolve("docs/runbooks"))) {
            assertThat(runbooks.count()).as("pages, and alerts").isEqualTo(alerts().size());
        }
    }

    @Test
    void aDashboardHasAnIdOfItsOwnAndAsksForItsDatasource() {
        assertThat(dashboards().map(dashboard -> dashboard.get("uid").asText()))
                .containsExactlyInAnyOrder(
                        "lanyard-overview",
                        "lanyard-provisioner",
                        "lanyard-token-issuer",
                        "lanyard-revoker",
                        "lanyard-conductor-bridge",
                        "lanyard-security");
        assertThat(dashboards()
                        .flatMap(dashboard -> dashboard.findValuesAsText("uid").stream())
                        .filter(uid -> !uid.startsWith("lanyard-")))
                .containsOnly("${datasource}");
    }

    private void eventuallyHaveSeries(List<String> expressions) {
        var missing = new ArrayList<>(expressions);
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            for (var expression : List.copyOf(missing)) {
                if (!prometheus.query(expression).isEmpty()) {
                    missing.remove(expression);
                }
            }
            assertThat(missing).isEmpty();
        });
    }

    private static Stream<JsonNode> dashboards() {
        try (var files = Files.list(MONITORING.resolve("dashboards"))) {
            return files.sorted().toList().stream().map(file -> read(new ObjectMapper(), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> alerts() {
        return read(new ObjectMapper(new YAMLFactory()), ALERTS)
                .at("/groups")
                .valueStream()
                .flatMap(group -> group.get("rules").valueStream())
                .toList();
    }

    private static JsonNode read(ObjectMapper mapper, Path file) {
        try {
            return mapper.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(JsonNode rule) {
        return rule.get("alert").asText();
    }

    private void tell(String action, String cluster, String owner) throws IOException {
        for (var outcome : List.of("pending", "success")) {
            conductor.basicPublish(
                    "magnum",
                    "notifications.info",
                    null,
                    TestBus.notification(action, outcome, cluster, tenant.project(), owner));
        }
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }
}
