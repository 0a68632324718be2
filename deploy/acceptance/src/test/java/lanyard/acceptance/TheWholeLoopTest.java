package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** From a conductor's event to a working credential, to a dead one: the packaged services on real parts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TheWholeLoopTest {
    /** What was read is committed every few seconds, and each sweep that is asked for is told on the same topic. */
    private static final Duration UNTIL_ALL_IS_HEARD = Duration.ofMinutes(3);

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration WHILE_A_LEASE_LASTS = Duration.ofMinutes(4);

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Secrets secrets = new Secrets(lanyard);
    private final Operator operator = new Operator(lanyard);
    private Tenant tenant;
    private String id;

    @BeforeAll
    void start() {
        // Nothing is swept unless the operator says so, and soon after it was first seen.
        lanyard.revoker.set("lanyard.sweep.interval", "0").set("lanyard.sweep.grace", "1s");
        lanyard.start();
    }

    @AfterAll
    void stop() {
        lanyard.close();
        bus.close();
    }

    @BeforeEach
    void makeTenant() {
        tenant = keystone.makeTenant("member", "load-balancer_member");
        id = UUID.randomUUID().toString();
    }

    @AfterEach
    void removeTenant() {
        keystone.removeTenant(tenant);
    }

    @Test
    void a_created_cluster_gets_a_credential_that_works_and_a_deleted_one_keeps_nothing() {
        tell("create", "pending");
        tell("create", "success");

        var credential = credential();
        var login = lanyard.login(credential);
        assertThat(login.status()).isEqualTo(201);
        secrets.add(credential, login.token());

        var valid = keystone.validate(login.token());
        assertThat(valid.status()).isEqualTo(200);
        assertThat(valid.body()).isEqualTo(login.body());
        assertThat(valid.body().at("/token/user/name").asText()).isEqualTo(id);
        assertThat(valid.body().at("/token/project/id").asText()).isEqualTo(tenant.project());
        assertThat(valid.body().at("/token/roles").findValuesAsText("name"))
                .contains("member", "load-balancer_member")
                .doesNotContain("admin");
        assertThat(keystone.as(login.token(), "GET", "/users", null).status()).isEqualTo(403);

        var trustee = keystone.users(lanyard.domain(), id).getFirst().get("id").asText();
        tell("delete", "pending");
        tell("delete", "success");

        eventually(() -> lanyard.login(credential).status() == 401);
        assertThat(keystone.validate(login.token()).status()).isEqualTo(404);
        // Keystone answers 401 or 404 to a dead trust's token.
        assertThat(keystone.as(login.token(), "GET", "/auth/projects", null).status())
                .isIn(401, 404);
        assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
        assertThat(keystone.trustsTo(trustee)).isEmpty();
        // It was the project's only cluster.
        eventually(() -> keystone.users(lanyard.domain(), "custodian-" + tenant.project())
                .isEmpty());
    }

    @Test
    void the_owners_roles_bound_what_is_delegated() {
        var reader = keystone.makeTenant("member");
        try {
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification("create", "pending", id, reader.project(), reader.owner()));
            var login = lanyard.login(credential());
            assertThat(keystone.validate(login.token())
                            .body()
                            .at("/token/roles")
                            .findValuesAsText("name"))
                    .contains("member")
                    .doesNotContain("load-balancer_member");
        } finally {
            keystone.removeTenant(reader);
        }
    }

    @Test
    void an_owner_without_a_role_gets_a_failure_that_says_so_and_a_credential_once_the_role_is_given() {
        var nobody = keystone.makeTenant("reader");
        try {
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification("create", "pending", id, nobody.project(), nobody.owner()));
            eventually(() -> !events("credential.failed").isEmpty());
            assertThat(events("credential.failed").getFirst().at("/data/reason").asText())
                    .isEqualTo("owner-has-no-role");
            keystone.grant(nobody.owner(), nobody.project(), "member");
            assertThat(lanyard.login(credential()).status()).isEqualTo(201);
            assertThat(events("credential.failed")).hasSize(1);
        } finally {
            keystone.removeTenant(nobody);
        }
    }

    @Test
    void a_delete_that_is_read_before_its_create_leaves_a_tombstone_and_nothing_is_made() {
        tell("delete", "success");
        eventually(() -> !events("credential.revoked").isEmpty());
        tell("create", "pending");
        tell("create", "success");

        // A later cluster's credential shows that the create was read.
        var later = anotherCluster();
        eventually(() -> lanyard.openCredential(bus, later) != null);
        assertThat(events("credential.provisioned")).isEmpty();
        assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
    }

    @Test
    void events_that_come_twice_make_one_trustee_one_trust_and_one_revocation_that_holds() {
        for (int i = 0; i < 2; i++) {
            tell("create", "pending");
            tell("create", "success");
        }
        var credential = credential();
        var trustees = keystone.users(lanyard.domain(), id);
        assertThat(trustees).hasSize(1);
        assertThat(keystone.trustsTo(trustees.getFirst().get("id").asText())).hasSize(1);
        assertThat(events("credential.provisioned")).hasSize(1);

        for (int i = 0; i < 2; i++) {
            tell("delete", "pending");
            tell("delete", "success");
        }
        eventually(() -> lanyard.login(credential).status() == 401);
        tell("create", "pending");
        var later = anotherCluster();
        eventually(() -> lanyard.openCredential(bus, later) != null);
        assertThat(lanyard.login(credential).status()).isEqualTo(401);
        assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
    }

    @Test
    void events_on_different_partitions_are_one_life() {
        bus.send(lanyard.notifications(), 0, null, notification("create", "pending"));
        bus.send(lanyard.notifications(), 1, null, notification("create", "success"));
        var credential = credential();
        bus.send(lanyard.notifications(), 2, null, notification("delete", "success"));
        bus.send(lanyard.notifications(), 1, null, notification("delete", "pending"));
        eventually(() -> lanyard.login(credential).status() == 401);
        assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
    }

    @Test
    void services_that_are_killed_between_the_steps_lose_nothing() {
        lanyard.provisioner.kill();
        tell("create", "pending");
        tell("create", "success");
        lanyard.tokenIssuer.kill();
        lanyard.provisioner.start();
        eventually(() -> !events("credential.provisioned").isEmpty());
        lanyard.tokenIssuer.start();
        var credential = credential();
        assertThat(lanyard.login(credential).status()).isEqualTo(201);

        lanyard.tokenIssuer.kill();
        lanyard.tokenIssuer.start();
        assertThat(lanyard.login(credential).status()).isEqualTo(201);

        lanyard.revoker.kill();
        tell("delete", "pending");
        tell("delete", "success");
        lanyard.provisioner.kill();
        lanyard.revoker.start();
        lanyard.provisioner.start();
        // Whoever was killed may have had a lease, which runs out by itself.
        eventually(WHILE_A_LEASE_LASTS, () -> lanyard.login(credential).status() == 401);
        assertThat(keystone.users(lanyard.domain(), id)).isEmpty();
        eventually(WHILE_A_LEASE_LASTS, () -> keystone.users(lanyard.domain(), "custodian-" + tenant.project())
                .isEmpty());
    }

    @Test
    void what_can_not_be_understood_becomes_a_dead_letter_and_stops_nobody() {
        var broken = new String(notification("delete", "success"), StandardCharsets.UTF_8)
                .replace(id, "hunter2-not-a-uuid")
                .getBytes(StandardCharsets.UTF_8);
        for (int partition = 0; partition < 3; partition++) {
            bus.send(lanyard.notifications(), partition, null, broken);
            bus.send(
                    lanyard.credentials(),
                    partition,
                    "x",
                    "{\"specversion\":\"1.0\"}".getBytes(StandardCharsets.UTF_8));
        }
        tell("create", "pending");
        assertThat(lanyard.login(credential()).status()).isEqualTo(201);
        eventually(() -> deadLetters().stream().anyMatch(letter -> letter.contains("bad-cluster-id")));
        assertThat(deadLetters()).noneMatch(letter -> letter.contains("hunter2"));
    }

    @Test
    void an_operator_who_sweeps_removes_orphans_after_their_grace_and_nothing_of_a_living_cluster() {
        tell("create", "pending");
        var credential = credential();
        var empty = keystone.makeTenant();
        var orphans = new Orphans(keystone, lanyard);
        try {
            var cluster = UUID.randomUUID().toString();
            var trustee = orphans.trustee(cluster);
            orphans.custodianOf(empty, trustee);

            var seen = sweep("--dry-run");
            assertThat(seen)
                    .contains("trustee   of cluster " + cluster, "custodian of project " + empty.project())
                    .contains("to be removed")
                    .doesNotContain(id, tenant.project());
            // What was only looked at is not remembered, so no grace has begun.
            assertThat(sweep()).contains("to be removed").doesNotContain(": removed", "is being removed");
            assertThat(orphans.left()).isEqualTo(2);
            assertThat(keystone.trustsTo(trustee)).hasSize(1);

            var removed = new StringBuilder();
            eventually(() -> {
                removed.append(sweep());
                return orphans.left() == 0;
            });
            assertThat(removed).contains("is being removed (credential.revoked tells when it is done)", ": removed");
            assertThat(keystone.trustsTo(trustee)).isEmpty();
            assertThat(lanyard.login(credential).status()).isEqualTo(201);
            assertThat(keystone.users(lanyard.domain(), "custodian-" + tenant.project()))
                    .hasSize(1);
            eventually(() -> sweep("--dry-run").contains("no orphans"));
        } finally {
            orphans.remove();
            keystone.removeTenant(empty);
        }
    }

    @Test
    void a_sweep_that_would_remove_too_much_removes_nothing_and_says_why_and_what_to_do() {
        tell("create", "pending");
        var credential = credential();
        var orphans = new Orphans(keystone, lanyard);
        try {
            orphans.trustees(12);
            // Until they are known for longer than the grace.
            sweep(read -> read.text().contains(": not removed"), "sweep");
            var refused = sweep(read -> read.text().contains("(too-many)"), "sweep");
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.text())
                    .contains("lanyard: nothing was removed (too-many): more orphans than can be right")
                    .contains("raise LANYARD_SWEEP_SHARE for one sweep");
            assertThat(orphans.left()).isEqualTo(12);
            assertThat(lanyard.login(credential).status()).isEqualTo(201);
        } finally {
            orphans.remove();
        }
    }

    /** Runs last: whatever the other tests have left anywhere is looked through. */
    @Test
    @Order(Integer.MAX_VALUE)
    void no_secret_that_ever_existed_is_in_any_table_topic_log_or_metric() {
        tell("create", "pending");
        var credential = credential();
        secrets.add(credential, lanyard.login(credential).token());
        assertThat(secrets.derived()).hasSizeGreaterThan(5);
        assertThat(secrets.leaks(bus)).isEmpty();
    }

    /** What the command says, once the revoker has heard all that was told. */
    private String sweep(String... options) {
        return sweep(
                        read -> read.exitCode() == 0,
                        Stream.concat(Stream.of("sweep"), Stream.of(options)).toArray(String[]::new))
                .text();
    }

    private Operator.Read sweep(Predicate<Operator.Read> said, String... arguments) {
        return await().atMost(UNTIL_ALL_IS_HEARD).until(() -> operator.runs(arguments), said);
    }

    private void tell(String action, String outcome) {
        bus.send(lanyard.notifications(), notification(action, outcome));
    }

    private byte[] notification(String action, String outcome) {
        return TestBus.notification(action, outcome, id, tenant.project(), tenant.owner());
    }

    private String anotherCluster() {
        var another = UUID.randomUUID().toString();
        for (var outcome : List.of("pending", "success")) {
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification("create", outcome, another, tenant.project(), tenant.owner()));
        }
        return another;
    }

    private JsonNode credential() {
        eventually(() -> lanyard.openCredential(bus, id) != null);
        return lanyard.openCredential(bus, id);
    }

    private List<JsonNode> events(String type) {
        return bus.events(lanyard.credentials(), id, type);
    }

    private List<String> deadLetters() {
        return bus.everything(lanyard.settings.get("lanyard.topics.dead-letters")).stream()
                .map(letter -> new String(letter.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static void eventually(Callable<Boolean> condition) {
        eventually(PATIENCE, condition);
    }

    private static void eventually(Duration patience, Callable<Boolean> condition) {
        await().atMost(patience).pollInterval(Duration.ofMillis(100)).until(condition);
    }
}
