package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.common.events.EventSchemas;
import lanyard.common.testing.Line;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealConductor;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The revoker where the conductor can be asked: a real Magnum API, beside the real Kafka, PostgreSQL and Keystone. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "revoker"))
@QuarkusTestResource(RealConductor.class)
@TestProfile(HealingTest.Asking.class)
class HealingTest extends Fixture {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    public static final class Asking implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.ofEntries(
                    Map.entry("lanyard.conductor.timeout", "5s"),
                    Map.entry("lanyard.conductor.refute-after", "2s"),
                    Map.entry("lanyard.conductor.patience", PATIENCE.toString()),
                    Map.entry("lanyard.conductor.interval", "1s"),
                    Map.entry("lanyard.conductor.grace", "4s"),
                    Map.entry("lanyard.delete-deadline", "2s"),
                    Map.entry("lanyard.reconcile.interval", "500ms"),
                    Map.entry("lanyard.reconcile.first-retry", "100ms"),
                    Map.entry("lanyard.reconcile.longest-retry", "500ms"),
                    Map.entry("lanyard.health.sample-interval", "500ms"));
        }
    }

    @TestHTTPResource("/q/metrics")
    URI metrics;

    @BeforeEach
    @AfterEach
    void nothingIsKnownOfAnyCluster() {
        RealConductor.line(Line.State.WELL);
        RealConductor.removeAll();
        update("delete from cluster");
    }

    @Test
    void aForgedDeleteLeavesTheCredentialAloneAndATrueOneRevokesIt() throws IOException, InterruptedException {
        RealConductor.add(cluster, tenant.project(), tenant.owner(), "CREATE_COMPLETE", Instant.now());
        var given = delegation(1);
        tellProvisioned(given);
        var before = counted("lanyard_conductor_refuted_total");

        tell("delete", "success", cluster);

        eventually().until(() -> counted("lanyard_conductor_refuted_total") > before);
        eventually().until(() -> "PRESENT".equals(column("phase", cluster)));
        assertThat(trusteeIsThere()).isTrue();
        assertThat(given.trusts()).allMatch(this::trustIsThere);
        assertThat(bus.events(credentials, cluster, "credential.revoked")).isEmpty();

        RealConductor.change(cluster, "DELETE_IN_PROGRESS");
        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trustee").asText()).isEqualTo("removed");
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void aClusterThatTheConductorRemovesAMomentAfterItToldSoIsRevoked() {
        RealConductor.add(cluster, tenant.project(), tenant.owner(), "CREATE_COMPLETE", Instant.now());
        tellProvisioned(delegation(1));

        tell("delete", "success", cluster);
        eventually().until(() -> column("living_since", cluster) != null);
        RealConductor.remove(cluster);

        revoked(cluster, 1);
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void aClusterWhoseDeleteFailedKeepsItsCredentialBeyondTheDeadline() throws IOException, InterruptedException {
        RealConductor.add(cluster, tenant.project(), tenant.owner(), "DELETE_FAILED", Instant.now());
        tellProvisioned(delegation(1));
        var before = counted("lanyard_conductor_refuted_total");

        tell("delete", "pending", cluster);

        eventually().until(() -> counted("lanyard_conductor_refuted_total") > before);
        eventually().until(() -> "PRESENT".equals(column("phase", cluster)));
        assertThat(column("deadline", cluster)).isNull();
        assertThat(trusteeIsThere()).isTrue();
    }

    @Test
    void whileTheApiIsAwayARevocationWaitsForItButNotForEver() {
        tellProvisioned(delegation(1));
        RealConductor.line(Line.State.CUT);
        var told = Instant.now();

        tell("delete", "success", cluster);

        eventually().until(() -> column("why", cluster) != null);
        assertThat(column("why", cluster)).contains("the conductor's API");
        revoked(cluster, 1);
        assertThat(Duration.between(told, Instant.now())).isGreaterThanOrEqualTo(PATIENCE);
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void anApiThatHangsKeepsNothingElseWaiting() {
        tell("delete", "success", cluster);
        revoked(cluster, 1);
        RealConductor.line(Line.State.SILENT);
        var waiting =
                Stream.generate(() -> UUID.randomUUID().toString()).limit(30).toList();
        waiting.forEach(other -> tell("delete", "success", other));
        eventually()
                .until(() -> waiting.stream()
                                .filter(other -> column("why", other) != null)
                                .count()
                        > 15);

        // Its end was confirmed before; now something of it turns up.
        tellProvisioned(delegation(1));

        revoked(cluster, 2);
        assertThat(trusteeIsThere()).isFalse();
        assertThat(waiting).noneMatch(other -> "t".equals(column("revoked", other)));
    }

    @Test
    void aClusterOfWhichNothingWasHeardIsTold() {
        var young = UUID.randomUUID().toString();
        RealConductor.add(cluster, tenant.project(), tenant.owner(), "CREATE_COMPLETE", twoHoursAgo());
        RealConductor.add(
                young,
                tenant.project(),
                tenant.owner(),
                "CREATE_IN_PROGRESS",
                Instant.now().plusSeconds(60));

        var told = eventually()
                .until(() -> bus.events(credentials, cluster, "cluster.listed"), found -> !found.isEmpty())
                .getFirst();

        assertThat(told.at("/data/project").asText()).isEqualTo(tenant.project());
        assertThat(told.at("/data/owner").asText()).isEqualTo(tenant.owner());
        bus.everything(credentials).stream()
                .filter(record -> cluster.equals(record.key()))
                .forEach(record -> EventSchemas.assertValid(record.value()));
        eventually().until(() -> "PRESENT".equals(column("phase", cluster)));
        tellProvisioned(delegation(1));
        assertThat(bus.events(credentials, young, "cluster.listed")).isEmpty();
    }

    @Test
    void aClusterThatIsGoneWithoutAWordIsRevokedAfterSeveralComparisons() throws IOException, InterruptedException {
        var others = threeOthersAndThisOne();
        var given = delegation(1);
        tellProvisioned(given);
        eventually().until(() -> counted("lanyard_conductor_listed") == 4);

        RealConductor.remove(cluster);

        eventually().until(() -> column("unlisted_since", cluster) != null);
        assertThat(trusteeIsThere()).isTrue();
        revoked(cluster, 1);
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
        assertThat(Integer.parseInt(column("unlisted_times", cluster))).isGreaterThanOrEqualTo(Comparison.TIMES);
        assertThat(column("living_since is null and confirmed", cluster)).isEqualTo("t");
        assertThat(others).allMatch(other -> "PRESENT".equals(column("phase", other)));
    }

    @Test
    void anEmptyListIsNotBelieved() throws IOException, InterruptedException {
        var others = threeOthersAndThisOne();
        tellProvisioned(delegation(1));
        eventually().until(() -> counted("lanyard_conductor_listed") == 4);

        RealConductor.removeAll();

        eventually().until(() -> counted("lanyard_conductor_outcome{outcome=\"too-many\"}") == 1);
        Thread.sleep(Duration.ofSeconds(6));
        assertThat(counted("lanyard_conductor_outcome{outcome=\"too-many\"}")).isEqualTo(1);
        assertThat(Stream.concat(others.stream(), Stream.of(cluster)))
                .allMatch(each -> "PRESENT".equals(column("phase", each)) && column("unlisted_since", each) == null);
        assertThat(trusteeIsThere()).isTrue();
    }

    private List<String> threeOthersAndThisOne() {
        var others =
                Stream.generate(() -> UUID.randomUUID().toString()).limit(3).toList();
        Stream.concat(others.stream(), Stream.of(cluster)).forEach(each -> {
            RealConductor.add(each, tenant.project(), tenant.owner(), "CREATE_COMPLETE", Instant.now());
            tell("create", "success", each);
            eventually().until(() -> column("phase", each) != null);
        });
        return others;
    }

    private static Instant twoHoursAgo() {
        return Instant.now().minus(Duration.ofHours(2));
    }

    /** A sample of this name, with its labels; -1 if there is none. */
    private double counted(String sample) throws IOException, InterruptedException {
        try (var http = PlainHttp.client()) {
            return http.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(sample + " ") || line.startsWith(sample + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .findFirst()
                    .orElse(-1);
        }
    }
}
