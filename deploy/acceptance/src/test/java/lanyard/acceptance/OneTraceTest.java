package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.acceptance.SpanReceiver.Received;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The life of one cluster, as the packaged services tell it to whoever collects traces and logs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OneTraceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern REQUEST = Pattern.compile("req-[0-9a-f-]{36}");

    private final SpanReceiver receiver = new SpanReceiver();
    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Secrets secrets = new Secrets(lanyard);
    private final String cluster = UUID.randomUUID().toString();
    private final String trace = cluster.replace("-", "");
    private final Tenant tenant = keystone.makeTenant("member", "load-balancer_member");
    private final Set<String> conductorsRequests = new HashSet<>();

    @BeforeAll
    void a_cluster_lives_and_is_deleted() {
        lanyard.services().forEach(service -> service.set("lanyard.tracing.url", receiver.url())
                .set("quarkus.log.console.json.enabled", "true"));
        lanyard.start();
        tell("create", "pending");
        tell("create", "success");
        eventually(() -> lanyard.openCredential(bus, cluster) != null);
        var credential = lanyard.openCredential(bus, cluster);
        // The conductor may have its credential before the door has heard that it is told.
        eventually(() -> {
            var login = lanyard.login(credential);
            assertThat(login.status()).isEqualTo(201);
            secrets.add(credential, login.token());
            return spans().stream().anyMatch(span -> span.is("token-issuer", "first login"));
        });
        assertThat(lanyard.login(credential).status()).isEqualTo(201);
        tell("delete", "success");
        eventually(() -> spans().stream().anyMatch(span -> span.is("token-issuer", "hear credential.revoked"))
                && spans().stream().anyMatch(span -> span.is("provisioner", "hear credential.revoked"))
                && spans().stream().anyMatch(span -> span.is("revoker", "send credential.revoked")));
    }

    @AfterAll
    void stop() {
        lanyard.close();
        keystone.removeTenant(tenant);
        bus.close();
        receiver.close();
    }

    @Test
    void one_trace_leads_from_the_conductors_event_through_the_outboxes_to_the_first_login() {
        assertThat(spans()).extracting(Received::trace).containsOnly(trace);

        var login = only("token-issuer", "first login");
        assertThat(pathTo(login))
                .containsExactly(
                        "provisioner: hear magnum.cluster.create",
                        "provisioner: reconcile",
                        "token-issuer: hear credential.provisioned",
                        "token-issuer: reconcile",
                        "token-issuer: first login");
        assertThat(login.attributes()).containsEntry("lanyard.purpose", "cloud-provider");
        assertThat(pathTo(only("provisioner", "create-trust")))
                .containsSubsequence("provisioner: hear magnum.cluster.create", "provisioner: reconcile");
        assertThat(pathTo(only("token-issuer", "issue-token")))
                .startsWith("provisioner: hear magnum.cluster.create")
                .containsSubsequence("token-issuer: reconcile", "token-issuer: issue-token");
    }

    @Test
    void the_context_is_carried_by_the_events_and_what_is_sent_goes_out_of_the_walk_that_told_it() {
        var told = bus.events(lanyard.credentials(), cluster, "credential.provisioned")
                .getFirst();
        var walk = parentOf(only("token-issuer", "hear credential.provisioned"));
        assertThat(told.get("traceparent").asText()).isEqualTo("00-%s-%s-01".formatted(trace, walk.id()));
        assertThat(parentOf(only("provisioner", "send credential.provisioned"))).isEqualTo(walk);
        assertThat(parentOf(only("token-issuer", "send credential.ready")))
                .isEqualTo(parentOf(only("token-issuer", "first login")));
    }

    @Test
    void the_revocation_belongs_to_the_same_trace_and_comes_from_the_conductors_delete() {
        assertThat(pathTo(only("token-issuer", "hear credential.revoked")))
                .containsExactly(
                        "revoker: hear magnum.cluster.delete",
                        "revoker: reconcile",
                        "token-issuer: hear credential.revoked");
        assertThat(spans()).anyMatch(span -> span.is("revoker", "delete-user"));
    }

    @Test
    void the_lines_of_the_logs_name_the_trace_the_cluster_and_the_request() {
        for (var service : List.of(lanyard.provisioner, lanyard.tokenIssuer, lanyard.revoker)) {
            assertThat(lines(service))
                    .as(service.name())
                    .isNotEmpty()
                    .allMatch(line -> line.at("/mdc/cluster").asText().equals(cluster))
                    .allMatch(line -> line.at("/mdc/traceId").asText().equals(trace))
                    .allMatch(line -> line.path("service").asText().equals(service.name()));
        }
        assertThat(lines(lanyard.provisioner))
                .anyMatch(line -> line.get("message").asText().endsWith(": Announce")
                        && conductorsRequests.contains(line.at("/mdc/requestId").asText()));
        assertThat(lines(lanyard.tokenIssuer))
                .anyMatch(line -> line.get("message").asText().contains("logged in for the first time")
                        && requestsAtTheDoor()
                                .contains(line.at("/mdc/requestId").asText()));
        assertThat(requestsAtTheDoor())
                .contains(only("token-issuer", "first login").attributes().get("lanyard.request"));
    }

    @Test
    void no_secret_is_in_any_span() {
        var everything = receiver.everything();
        assertThat(everything).contains("cloud-provider");
        assertThat(secrets.derived())
                .hasSizeGreaterThan(5)
                .noneSatisfy((what, secret) ->
                        assertThat(Secrets.holds(everything, secret)).as(what).isTrue());
    }

    private List<Received> spans() {
        return receiver.of(cluster);
    }

    private Received only(String service, String name) {
        assertThat(spans().stream().filter(span -> span.is(service, name)))
                .as("%s: %s", service, name)
                .hasSize(1);
        return spans().stream()
                .filter(span -> span.is(service, name))
                .findFirst()
                .orElseThrow();
    }

    private Received parentOf(Received span) {
        return spans().stream()
                .filter(other -> other.id().equals(span.parent()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the parent of " + span + " is missing"));
    }

    /** The names of a span and of all above it, from the one without a parent on. */
    private List<String> pathTo(Received last) {
        var path = Stream.iterate(
                        last, span -> span != null, span -> span.parent().isEmpty() ? null : parentOf(span))
                .map(span -> span.service() + ": " + span.name())
                .collect(Collectors.toList());
        return path.reversed();
    }

    /** What a service has said of the cluster. */
    private List<JsonNode> lines(ServiceProcess service) {
        try (var lines = Files.lines(service.log())) {
            // What the JVM itself has to warn of, it says in words of its own.
            return lines.filter(line -> line.startsWith("{"))
                    .map(OneTraceTest::json)
                    .filter(line -> line.path("loggerName").asText().startsWith("lanyard.")
                            && line.path("message").asText().contains(cluster))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException("a line of the log is not JSON: " + line, e);
        }
    }

    private Set<String> requestsAtTheDoor() {
        return bus.events(lanyard.settings.get("lanyard.topics.audit"), cluster, "token.issued").stream()
                .map(event -> event.at("/data/request").asText())
                .collect(Collectors.toSet());
    }

    private void tell(String action, String outcome) {
        var notification = TestBus.notification(action, outcome, cluster, tenant.project(), tenant.owner());
        REQUEST.matcher(new String(notification, StandardCharsets.UTF_8))
                .results()
                .map(MatchResult::group)
                .forEach(conductorsRequests::add);
        bus.send(lanyard.notifications(), notification);
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(condition);
    }
}
