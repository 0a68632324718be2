package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventCodec;
import lanyard.common.events.RotationRequested;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * From an older version to this one: the packaged services of both on real parts. The tests are the stages of one rolling update, in
 * their order; the clusters that the older version made live through all of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UpgradeTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final List<String> SERVICES = List.of("provisioner", "token-issuer", "revoker");
    private static final String PURPOSE = "cloud-provider";
    private static final String TO_ISSUER = "backup";

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final List<Tenant> tenants = new ArrayList<>();
    private List<OldVersion> released;
    private Lanyard lanyard;
    private Replicas provisioner;
    private Replicas door;
    private Replicas revoker;

    private Cluster served;
    private Cluster rotated;
    private Cluster leaving;
    private Cluster gone;
    private Cluster failed;
    private Cluster parked;

    /** A service in both versions, on the same rows. */
    private record Replicas(ServiceProcess old, ServiceProcess now) {}

    @BeforeAll
    void begin_with_the_old_version_and_clusters_in_all_conditions() {
        released = OldVersion.released();
        lanyard = new Lanyard(released.getFirst().built()).asAdministrator();
        lanyard.provisioner
                .set("lanyard.profiles." + TO_ISSUER + ".roles", "member")
                .set("lanyard.profiles." + TO_ISSUER + ".trustee", "issuer");
        lanyard.services().forEach(service -> service.set("lanyard.reconcile.first-retry", "200ms")
                // Every version has it but the one that stands in for a release.
                .set("quarkus.flyway.ignore-future-migrations", "true")
                .set("lanyard.reconcile.longest-retry", "2s")
                // So few at a time that one replica does not do it all.
                .set("lanyard.reconcile.concurrency", "2"));
        provisioner = new Replicas(lanyard.provisioner, lanyard.another(lanyard.provisioner));
        door = new Replicas(lanyard.tokenIssuer, lanyard.another(lanyard.tokenIssuer));
        revoker = new Replicas(lanyard.revoker, lanyard.another(lanyard.revoker));
        run(provisioner.old, door.old, revoker.old);

        served = new Cluster().create();
        rotated = new Cluster().create();
        leaving = new Cluster().create();
        gone = new Cluster().create();
        failed = new Cluster("reader").create();
        parked = new Cluster("reader").create();
        Stream.of(served, rotated, leaving, gone).forEach(cluster -> cluster.isServedAt(door.old));
        rotated.rotate(2, 1);
        rotated.isServedAt(door.old);
        leaving.tell("delete", "pending");
        gone.delete();
        gone.hasLeftNothing();
        Stream.of(failed, parked).forEach(cluster -> cluster.hasFailed("owner-has-no-role"));
        parked.tellOfAnotherOwner();
        parked.hasFailed("disputed");
    }

    @AfterAll
    void end() {
        if (lanyard != null) {
            lanyard.close();
        }
        tenants.forEach(keystone::removeTenant);
        bus.close();
    }

    @Test
    @Order(1)
    void every_released_schema_goes_forward_and_becomes_what_a_new_one_is() throws SQLException {
        var place = new RealParts();
        var settings = place.start();
        try {
            for (var service : SERVICES) {
                var now = flyway(settings, ServiceProcess.THIS_VERSION.toString(), service);
                now.migrate();
                var fresh = columns(settings);
                now.clean();
                for (var old : released) {
                    flyway(settings, old.sources().toString(), service).migrate();
                    now.migrate();
                    now.validate();
                    assertThat(columns(settings))
                            .as("%s's schema from %s", service, old)
                            .isEqualTo(fresh);
                    now.clean();
                }
            }
        } finally {
            place.stop();
        }
    }

    /** As the services have it, see common's microprofile-config.properties; but here all may be removed again. */
    private static Flyway flyway(Map<String, String> settings, String checkout, String service) {
        return new FluentConfiguration()
                .dataSource(
                        "jdbc:" + settings.get("lanyard.database.url"),
                        settings.get("lanyard.database.username"),
                        settings.get("lanyard.database.password"))
                .schemas(settings.get("lanyard.database.username"))
                .locations(Stream.of("common", service)
                        .map(module -> "filesystem:%s/%s/src/main/resources/db/migration".formatted(checkout, module))
                        .toArray(String[]::new))
                .outOfOrder(true)
                .createSchemas(false)
                .cleanDisabled(false)
                .load();
    }

    private static Set<String> columns(Map<String, String> settings) throws SQLException {
        var columns = new TreeSet<String>();
        try (var connection = DriverManager.getConnection(
                        "jdbc:" + settings.get("lanyard.database.url"),
                        settings.get("lanyard.database.username"),
                        settings.get("lanyard.database.password"));
                var result = connection
                        .createStatement()
                        .executeQuery(
                                """
                                select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
                                from information_schema.columns where table_schema = current_user
                                union all select indexdef from pg_indexes where schemaname = current_user
                                """)) {
            while (result.next()) {
                columns.add(result.getString(1));
            }
        }
        return columns;
    }

    @Test
    @Order(2)
    void replicas_of_both_versions_share_the_work_and_serve_each_others_clusters() {
        run(provisioner.old, door.old, revoker.old, provisioner.now, door.now, revoker.now);
        for (var cluster : List.of(served, rotated, leaving)) {
            cluster.isServedAt(door.old);
            cluster.isServedAt(door.now);
        }
        var clusters = new ArrayList<Cluster>();
        eventually(() -> {
            var some = Stream.generate(Cluster::new).limit(4).toList();
            clusters.addAll(some);
            some.forEach(Cluster::create);
            some.forEach(cluster -> cluster.isServedAt(door.old));
            some.forEach(cluster -> cluster.isServedAt(door.now));
            return calls(provisioner.old, "create-trust") > 0 && calls(provisioner.now, "create-trust") > 0;
        });
        eventually(() -> {
            var some = clusters.isEmpty() ? List.of(new Cluster().create()) : List.copyOf(clusters);
            clusters.clear();
            some.forEach(Cluster::delete);
            some.forEach(Cluster::hasLeftNothing);
            return calls(revoker.old, "delete-trust") > 0 && calls(revoker.now, "delete-trust") > 0;
        });
    }

    /** Every event that one service tells another goes once from the old to the new version, and once from the new to the old. */
    @Test
    @Order(3)
    void any_mixture_of_versions_does_the_whole_work_also_where_the_old_one_starts_on_the_new_schema() {
        for (var mixture : List.of(
                List.of(provisioner.old, door.now, revoker.now),
                List.of(provisioner.now, door.old, revoker.now),
                List.of(provisioner.now, door.old, revoker.old),
                List.of(provisioner.old, door.now, revoker.old))) {
            run(mixture.toArray(ServiceProcess[]::new));
            var serving = mixture.get(1);
            var cluster = new Cluster().create();
            cluster.isServedAt(serving);
            cluster.deleteTrustByHand();
            cluster.isServedAt(serving);
            served.isServedAt(serving);
            cluster.delete();
            cluster.hasLeftNothing();
        }
    }

    @Test
    @Order(4)
    void with_the_new_version_alone_every_cluster_logs_in_with_the_credential_that_it_had() {
        run(provisioner.now, door.now, revoker.now);
        for (var cluster : List.of(served, rotated, leaving)) {
            cluster.isServedAt(door.now);
            assertThat(cluster.credentialsTold()).isEqualTo(cluster.heard.size());
            assertThat(keystone.validate(cluster.firstToken).status())
                    .as("the token that the old version handed out before")
                    .isEqualTo(200);
        }
    }

    @Test
    @Order(5)
    void what_the_old_version_failed_at_is_mended_once_its_cause_is() {
        keystone.grant(failed.tenant.owner(), failed.tenant.project(), "member");
        failed.isServedAt(door.now);
        assertThat(parked.credentialsTold()).isZero();
    }

    @Test
    @Order(6)
    void what_the_old_version_made_can_be_rotated() {
        rotated.rotate(3, 2);
        rotated.isServedAt(door.now);
        served.rotate(2, 2);
        served.isServedAt(door.now);
    }

    @Test
    @Order(7)
    void what_was_proved_gone_by_the_old_version_stays_gone() {
        gone.create();
        // A later cluster's credential shows that the create was read.
        var later = new Cluster().create();
        later.isServedAt(door.now);
        gone.hasLeftNothing();
        assertThat(Lanyard.login(door.now, gone.heard.getFirst()).status()).isEqualTo(401);
        later.delete();
        later.hasLeftNothing();
    }

    @Test
    @Order(8)
    void when_all_clusters_are_deleted_keystone_holds_nothing_and_no_message_was_refused() {
        leaving.tell("delete", "success");
        Stream.of(served, rotated, failed, parked).forEach(Cluster::delete);
        Stream.of(leaving, served, rotated, failed, parked).forEach(Cluster::hasLeftNothing);
        var users = keystone.admin("GET", "/users?domain_id=" + keystone.domainId(lanyard.domain()), null)
                .body()
                .get("users");
        assertThat(users.findValuesAsText("name")).containsExactly(UserNames.ISSUER);
        assertThat(keystone.trustsTo(users.get(0).get("id").asText())).isEmpty();
        assertThat(bus.everything(lanyard.settings.get("lanyard.topics.dead-letters")))
                .isEmpty();
    }

    /** Lets just these replicas run. */
    private void run(ServiceProcess... wanted) {
        var them = List.of(wanted);
        // One is there before the other goes, as in a rolling update.
        them.stream().filter(service -> !service.isAlive()).parallel().forEach(ServiceProcess::start);
        lanyard.services().filter(service -> !them.contains(service)).parallel().forEach(ServiceProcess::close);
    }

    /** How many calls of this kind to Keystone a replica has made. */
    private static double calls(ServiceProcess service, String operation) {
        return Pattern.compile("lanyard_keystone_calls_seconds_count\\{.*operation=\"%s\".*result=\"done\".*} (.*)"
                        .formatted(operation))
                .matcher(service.get("/q/metrics").body())
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }

    /** One cluster, in a project of its own. */
    private final class Cluster {
        final String id = UUID.randomUUID().toString();
        final Tenant tenant;
        /** The client credentials of both purposes that it was told, in each generation. */
        final List<JsonNode> heard = new ArrayList<>();

        String firstToken;
        private int generation = 1;

        Cluster() {
            this("member", "load-balancer_member");
        }

        Cluster(String... roles) {
            tenant = keystone.makeTenant(roles);
            tenants.add(tenant);
        }

        Cluster create() {
            tell("create", "pending");
            tell("create", "success");
            return this;
        }

        void delete() {
            tell("delete", "pending");
            tell("delete", "success");
        }

        void tell(String action, String outcome) {
            tell(action, outcome, tenant.owner());
        }

        void tellOfAnotherOwner() {
            tell("create", "pending", UUID.randomUUID().toString().replace("-", ""));
        }

        private void tell(String action, String outcome, String owner) {
            bus.send(lanyard.notifications(), TestBus.notification(action, outcome, id, tenant.project(), owner));
        }

        /** To a client credential and a backend of these generations. */
        void rotate(int client, int backend) {
            CredentialEvent wanted = new RotationRequested(id, client, backend);
            bus.send(
                    lanyard.credentials(),
                    null,
                    id,
                    EventCodec.write(wanted, UUID.randomUUID().toString(), "/lanyard/operator", Instant.now()));
            generation = client;
            eventually(() -> bus.events(lanyard.credentials(), id, "credential.provisioned").stream()
                    .anyMatch(event -> event.at("/data/client/generation").asInt() == client
                            && event.at("/data/backend/generation").asInt() == backend));
        }

        /** Its clients log in at this door, with all that they were ever given. */
        void isServedAt(ServiceProcess replica) {
            for (var purpose : List.of(PURPOSE, TO_ISSUER)) {
                eventually(() -> lanyard.openCredential(bus, id, purpose, generation) != null);
                var credential = lanyard.openCredential(bus, id, purpose, generation);
                if (!heard.contains(credential)) {
                    heard.add(credential);
                }
            }
            for (var credential : heard) {
                eventually(() -> {
                    var token = Lanyard.login(replica, credential).token();
                    firstToken = firstToken == null ? token : firstToken;
                    return token != null && keystone.validate(token).status() == 200;
                });
            }
        }

        int credentialsTold() {
            return (int) bus.events(lanyard.credentials(), id, "credential.ready").stream()
                    .map(event -> event.at("/data/purpose").asText() + event.at("/data/generation"))
                    .distinct()
                    .count();
        }

        void hasFailed(String reason) {
            eventually(() -> bus.events(lanyard.credentials(), id, "credential.failed").stream()
                    .anyMatch(event -> event.at("/data/reason").asText().equals(reason)));
        }

        void deleteTrustByHand() {
            var trustee =
                    keystone.users(lanyard.domain(), id).getFirst().get("id").asText();
            keystone.trustsTo(trustee)
                    .forEach(trust -> keystone.admin(
                            "DELETE", "/OS-TRUST/trusts/" + trust.get("id").asText(), null));
        }

        void hasLeftNothing() {
            eventually(() ->
                    !bus.events(lanyard.credentials(), id, "credential.revoked").isEmpty());
            eventually(() -> keystone.users(lanyard.domain(), id).isEmpty()
                    && keystone.users(lanyard.domain(), "custodian-" + tenant.project())
                            .isEmpty());
            lanyard.services()
                    .filter(service -> service.name().equals("token-issuer") && service.isAlive())
                    .forEach(replica -> heard.forEach(credential ->
                            eventually(() -> Lanyard.login(replica, credential).status() == 401)));
        }
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }
}
