package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.keystone.Reply;
import lanyard.common.testing.Line;
import lanyard.common.testing.RealConductor;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestKeystone;
import lanyard.common.tracing.Tracing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which clusters there are, asked of a real Magnum, and of servers that are none. */
class ConductorApiTest {
    private static final RealConductor MAGNUM = new RealConductor();
    private static final String PROJECT = "ba5717e041c54c59af754c97ebfddafb";
    private static final String OWNER = "7de020f4013d4f81bb080153325bff93";
    private static final Instant MADE_AT = Instant.parse("2026-11-23T12:05:18Z");

    private final String cluster = UUID.randomUUID().toString();

    @BeforeAll
    static void startMagnum() {
        MAGNUM.start();
    }

    @AfterAll
    static void stopMagnum() {
        MAGNUM.stop();
    }

    @AfterEach
    void noClusters() {
        RealConductor.line(Line.State.WELL);
        RealConductor.removeAll();
    }

    @Test
    void aClusterOfAnotherProjectIsShownWithProjectOwnerAndAge() {
        RealConductor.add(cluster, PROJECT, OWNER, "CREATE_IN_PROGRESS", MADE_AT);

        assertThat(asAdministrator().findCluster(cluster))
                .isEqualTo(new Reply.Done<>(new Cluster(cluster, PROJECT, OWNER, false, MADE_AT)));
    }

    @Test
    void oneThatIsBeingDeletedIsLeavingAndOneWhoseDeletionFailedOrThatHasNoStatusIsNot() {
        RealConductor.add(cluster, PROJECT, OWNER, null, MADE_AT);
        assertThat(leaving()).isFalse();
        for (var status : Map.of(
                        "CREATE_FAILED", false,
                        "UPDATE_IN_PROGRESS", false,
                        "DELETE_FAILED", false,
                        "DELETE_IN_PROGRESS", true,
                        "DELETE_COMPLETE", true)
                .entrySet()) {
            RealConductor.change(cluster, status.getKey());
            assertThat(leaving()).as(status.getKey()).isEqualTo(status.getValue());
        }
    }

    private boolean leaving() {
        return ((Reply.Done<Cluster>) asAdministrator().findCluster(cluster))
                .value()
                .leaving();
    }

    @Test
    void oneThatIsNotThereIsMissing() {
        assertThat(asAdministrator().findCluster(cluster)).isEqualTo(new Reply.Missing<>());
    }

    @Test
    void allClustersAreListedOverPagesEachOnce() {
        var clusters = new HashSet<String>();
        IntStream.range(0, 41).forEach(i -> {
            var id = UUID.randomUUID().toString();
            clusters.add(id);
            RealConductor.add(id, "%032x".formatted(i), OWNER, "CREATE_COMPLETE", MADE_AT);
        });

        var listed = ((Reply.Done<List<Cluster>>) asAdministrator().listClusters()).value();

        assertThat(listed).extracting(Cluster::id).containsExactlyInAnyOrderElementsOf(clusters);
        assertThat(listed).extracting(Cluster::project).doesNotHaveDuplicates();
    }

    @Test
    void anEmptyListIsAList() {
        assertThat(asAdministrator().listClusters()).isEqualTo(new Reply.Done<>(List.of()));
    }

    /** Magnum itself answers 404 and an empty list to a member of another project. */
    @Test
    void toWhoeverIsNoAdministratorNothingIsMissingAndNothingIsListed() throws InterruptedException {
        RealConductor.add(cluster, PROJECT, OWNER, "CREATE_COMPLETE", MADE_AT);
        var keystone = new TestKeystone();
        var tenant = keystone.makeTenant("member");
        var name = keystone.admin("GET", "/users/" + tenant.owner(), null)
                .body()
                .at("/user/name")
                .asText();
        keystone.admin("PATCH", "/users/" + tenant.owner(), "{\"user\":{\"password\":\"a member's\"}}");
        // A token of the second in which its user's password was set is dead.
        Thread.sleep(1000);
        var settings = administrator();
        settings.putAll(Map.of("username", name, "password", "a member's", "project", name));
        try {
            var conductor = conductor(MAGNUM.url(), settings);
            assertThat(conductor.findCluster(cluster))
                    .isInstanceOfSatisfying(Reply.Denied.class, denied -> assertThat(denied.why())
                            .contains("administrator"));
            assertThat(conductor.listClusters()).isInstanceOf(Reply.Denied.class);
        } finally {
            keystone.removeTenant(tenant);
        }
    }

    @Test
    void aWrongPathALineThatIsCutAndOneThatIsSilentSayNothingAboutACluster() {
        var elsewhere = MAGNUM.url().replace("/v1", "/magnum/v1");
        assertThat(conductor(elsewhere, administrator()).findCluster(cluster))
                .isInstanceOfAny(Reply.Unavailable.class, Reply.Denied.class);
        RealConductor.line(Line.State.CUT);
        assertThat(asAdministrator().findCluster(cluster)).isInstanceOf(Reply.Unavailable.class);
        RealConductor.line(Line.State.SILENT);
        assertThat(conductor(MAGNUM.url(), administrator(), Duration.ofSeconds(5))
                        .findCluster(cluster))
                .isEqualTo(new Reply.Unavailable<>("the conductor's API did not answer within 5.0 s"));
    }

    @Test
    void keystonesWordThatSomethingIsNotThereIsNotTheConductors() {
        try (var fake = new FakeKeystone()) {
            fake.mode = FakeKeystone.Mode.NOT_FOUND;
            var settings = new HashMap<>(Map.of("url", fake.url(), "username", "u", "password", "p", "project", "p"));
            assertThat(conductor("http://127.0.0.1:%d/v1".formatted(fake.port()), settings)
                            .findCluster(cluster))
                    .isEqualTo(new Reply.Unavailable<>(
                            "something that is not the conductor's API answered 404: check LANYARD_CONDUCTOR_URL"));
        }
    }

    private static Map<String, String> administrator() {
        return Settings.real(RealParts.environment("LANYARD_KEYSTONE_URL"));
    }

    private static ConductorApi asAdministrator() {
        return conductor(MAGNUM.url(), administrator());
    }

    /** It may share a small machine with a build, so it is given time. */
    private static ConductorApi conductor(String url, Map<String, String> keystone) {
        return conductor(url, keystone, Duration.ofSeconds(60));
    }

    private static ConductorApi conductor(String url, Map<String, String> keystone, Duration timeout) {
        var config = Settings.of(keystone);
        var meters = new SimpleMeterRegistry();
        var token = new AdminToken(
                config,
                new Authentication(new KeystoneConnection(config)),
                new Calls(meters, Tracing.OFF),
                InstantSource.system());
        return new Openstack4jConductor(
                Openstack4jConductor.connection(URI.create(url), timeout, config),
                token,
                new Calls(meters, "lanyard.conductor.calls", Tracing.OFF));
    }
}
