package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.acceptance.Lanyard.Login;
import lanyard.benchmarks.outages.BrokerCable;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventCodec;
import lanyard.common.events.RotationRequested;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Two replicas of the door on the same rows, with all that stands behind them: the packaged services on real parts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TheDoorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration OVERLAP = Duration.ofSeconds(20);

    /** The door's own clock ticks so long before it answers a refusal. */
    private static final Duration REFUSAL_TIME = Duration.ofMillis(100);

    private static final String PER_CLUSTER = "cloud-provider";
    private static final String TO_ISSUER = "backup";

    /** What Quarkus keeps quieter than the rest. */
    private static final List<String> QUIET = List.of(
            "ORG_APACHE_KAFKA_CLIENTS",
            "ORG_APACHE_KAFKA_COMMON_CONFIG",
            "ORG_APACHE_KAFKA_COMMON_METRICS",
            "ORG_APACHE_KAFKA_COMMON_TELEMETRY",
            "ORG_APACHE_KAFKA_COMMON_UTILS",
            "IO_AGROAL_POOL");

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Secrets secrets = new Secrets(lanyard);
    private ServiceProcess one;
    private ServiceProcess other;
    private Tenant tenant;
    private String id;

    @BeforeAll
    void start() {
        lanyard.provisioner
                .set("lanyard.profiles." + TO_ISSUER + ".roles", "member")
                .set("lanyard.profiles." + TO_ISSUER + ".trustee", "issuer");
        one = lanyard.tokenIssuer
                .set("lanyard.door.overlap", OVERLAP.toString())
                .set("lanyard.door.budget.per-credential", "0")
                .set("lanyard.door.budget.per-address", "0");
        // One that says all that anything in it can say.
        other = lanyard.anotherDoor().set("QUARKUS_LOG_LEVEL", "TRACE");
        QUIET.forEach(category -> other.set("QUARKUS_LOG_CATEGORY__%s__LEVEL".formatted(category), "TRACE"));
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
    void each_replica_gets_a_token_of_its_own_once_and_both_refuse_what_is_revoked() {
        create(id);
        var credential = credential(PER_CLUSTER, 1);
        var here = tokens(one, credential);
        var there = tokens(other, credential);
        assertThat(here).hasSize(1);
        assertThat(there).hasSize(1).doesNotContainAnyElementsOf(here);
        Stream.concat(here.stream(), there.stream()).forEach(token -> {
            secrets.add(credential, token);
            assertThat(keystone.validate(token).body().at("/token/user/name").asText())
                    .isEqualTo(id);
        });

        var refusedHere = CompletableFuture.supplyAsync(() -> firstRefusal(one, credential));
        var refusedThere = CompletableFuture.supplyAsync(() -> firstRefusal(other, credential));
        delete(id);
        eventually(() -> !events("credential.revoked").isEmpty());
        var told = toldAt("credential.revoked");
        for (var refused : List.of(refusedHere.join(), refusedThere.join())) {
            var taken = Duration.between(told, refused);
            System.out.printf("refused %d ms after credential.revoked, by Kafka's time of it%n", taken.toMillis());
            assertThat(taken).isLessThan(Duration.ofSeconds(2));
        }
        for (var token : List.of(here, there)) {
            assertThat(keystone.validate(token.iterator().next()).status()).isEqualTo(404);
        }
        // And for good.
        assertThat(Lanyard.login(one, credential).status()).isEqualTo(401);
        assertThat(Lanyard.login(other, credential).status()).isEqualTo(401);
    }

    @Test
    void a_replica_that_has_lost_the_bus_serves_nothing_and_knows_at_once_afterwards_what_was_revoked_meanwhile()
            throws Exception {
        create(id);
        var neighbour = UUID.randomUUID().toString();
        create(neighbour);
        var credential = credential(PER_CLUSTER, 1);
        var staying = credential(neighbour, PER_CLUSTER, 1);
        try (var cable = new BrokerCable(lanyard.settings.get("lanyard.kafka"));
                var cutOff = lanyard.anotherDoor()) {
            cutOff.set("lanyard.kafka", cable.address())
                    .set("lanyard.door.bus-timeout", "3s")
                    .set("lanyard.door.retry-after", "7s")
                    .start();
            eventually(() -> Lanyard.login(cutOff, credential).status() == 201);
            eventually(() -> Lanyard.login(cutOff, staying).status() == 201);

            cable.cut();
            var cutAt = Instant.now();
            eventually(() -> Lanyard.login(cutOff, credential).status() == 503);
            System.out.printf(
                    "nothing served %d ms after the bus was lost, with a bus-timeout of 3 s%n",
                    Duration.between(cutAt, Instant.now()).toMillis());
            assertThat(Lanyard.login(cutOff, staying).retryAfter()).isEqualTo("7");
            var health = cutOff.get("/q/health/ready");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body().replaceAll("\\s", "")).contains("{\"name\":\"bus\",\"status\":\"DOWN\"");
            assertThat(Lanyard.login(one, credential).status()).isEqualTo(201);

            delete(id);
            eventually(() -> Lanyard.login(one, credential).status() == 401);
            // Whoever starts to read where the rows have got to does not hear of it any more.
            eventually(this::isAllRecorded);
            assertThat(Lanyard.login(cutOff, credential).status()).isEqualTo(503);

            cable.mend();
            var mendedAt = Instant.now();
            eventually(() -> Lanyard.login(cutOff, credential).status() != 503);
            System.out.printf(
                    "served again %d ms after the bus was back%n",
                    Duration.between(mendedAt, Instant.now()).toMillis());
            assertThat(Lanyard.login(cutOff, credential).status()).isEqualTo(401);
            eventually(() -> Lanyard.login(cutOff, staying).status() == 201);
            eventually(() -> cutOff.get("/q/health/ready").statusCode() == 200);
        }
    }

    @Test
    void a_rotated_client_credential_is_told_anew_and_the_old_one_works_until_the_overlap_ends() {
        create(id);
        var old = credential(PER_CLUSTER, 1);
        rotate(2, 1);
        var rotated = credential(PER_CLUSTER, 2);
        assertThat(rotated.get("application_credential_id")).isNotEqualTo(old.get("application_credential_id"));
        for (var door : List.of(one, other)) {
            assertThat(Lanyard.login(door, rotated).status()).isEqualTo(201);
            assertThat(Lanyard.login(door, old).status()).isEqualTo(201);
            // What stands behind it has not changed.
            assertThat(Lanyard.login(door, rotated).token())
                    .isEqualTo(Lanyard.login(door, old).token());
        }
        for (var door : List.of(one, other)) {
            var refused = firstRefusal(door, old);
            assertThat(Duration.between(toldAt("credential.ready"), refused)).isGreaterThan(OVERLAP.minusSeconds(1));
            assertThat(Lanyard.login(door, rotated).status()).isEqualTo(201);
        }
        secrets.add(rotated, Lanyard.login(one, rotated).token());
        assertThat(readies(PER_CLUSTER)).containsExactly(1, 2);
        assertThat(provisioned()).allMatch(backend -> backend == 1);
    }

    @Test
    void a_rotated_backend_touches_no_client() {
        create(id);
        var credential = credential(PER_CLUSTER, 1);
        credential(TO_ISSUER, 1);
        var before = Lanyard.login(one, credential).token();
        assertThat(Lanyard.login(other, credential).status()).isEqualTo(201);
        var trust = trust();

        rotate(1, 2);
        var answers = new TreeSet<Integer>();
        eventually(() -> {
            answers.add(Lanyard.login(one, credential).status());
            answers.add(Lanyard.login(other, credential).status());
            return provisioned().contains(2);
        });
        eventually(() -> isGood(one, credential) && isGood(other, credential));
        System.out.printf("a client saw only %s while the backend was rotated%n", answers);
        assertThat(answers).isSubsetOf(201, 503);
        assertThat(Lanyard.login(one, credential).token()).isNotEqualTo(before);
        eventually(() -> trusts().size() == 1);
        assertThat(trust()).isNotEqualTo(trust);
        assertThat(readies(PER_CLUSTER)).containsExactly(1);
        assertThat(readies(TO_ISSUER)).containsExactly(1);
        secrets.add(credential, before);
        secrets.add(credential, Lanyard.login(one, credential).token());
    }

    @Test
    void a_trust_that_an_operator_deletes_is_told_as_failed_and_made_anew() {
        create(id);
        var credential = credential(PER_CLUSTER, 1);
        assertThat(isGood(one, credential) && isGood(other, credential)).isTrue();
        assertThat(keystone.admin("DELETE", "/OS-TRUST/trusts/" + trust(), null).status())
                .isEqualTo(204);
        isMadeAnew(credential);
    }

    @Test
    void a_trustee_that_an_operator_deletes_is_told_as_failed_and_made_anew() {
        create(id);
        var credential = credential(PER_CLUSTER, 1);
        assertThat(isGood(one, credential) && isGood(other, credential)).isTrue();
        assertThat(keystone.admin("DELETE", "/users/" + trustee(), null).status())
                .isEqualTo(204);
        isMadeAnew(credential);
    }

    private void isMadeAnew(JsonNode credential) {
        var since = Instant.now();
        var answers = new TreeSet<Integer>();
        eventually(() -> {
            answers.add(Lanyard.login(one, credential).status());
            answers.add(Lanyard.login(other, credential).status());
            return provisioned().contains(2);
        });
        eventually(() -> isGood(one, credential) && isGood(other, credential));
        System.out.printf(
                "made anew %d ms after it was deleted by hand; a client saw only %s%n",
                Duration.between(since, Instant.now()).toMillis(), answers);
        assertThat(events("credential.failed"))
                .extracting(event -> event.at("/data/reason").asText())
                .containsOnly("token-refused");
        assertThat(answers).isSubsetOf(201, 503);
        assertThat(readies(PER_CLUSTER)).containsExactly(1);
    }

    @Test
    void a_purpose_that_is_delegated_to_the_issuer_works_and_ends_like_any_other() {
        create(id);
        var credential = credential(TO_ISSUER, 1);
        var tokens = new ArrayList<String>();
        for (var door : List.of(one, other)) {
            var login = Lanyard.login(door, credential);
            assertThat(login.status()).isEqualTo(201);
            assertThat(login.body().at("/token/user/name").asText()).isEqualTo(UserNames.ISSUER);
            assertThat(login.body().at("/token/project/id").asText()).isEqualTo(tenant.project());
            assertThat(login.body().at("/token/roles").findValuesAsText("name"))
                    .contains("member")
                    .doesNotContain("load-balancer_member", "admin");
            secrets.add(credential, login.token());
            tokens.add(login.token());
        }
        var issuer = keystone.users(lanyard.domain(), UserNames.ISSUER)
                .getFirst()
                .get("id")
                .asText();
        assertThat(ofTenant(keystone.trustsTo(issuer))).hasSize(1);

        delete(id);
        eventually(() -> Lanyard.login(one, credential).status() == 401
                && Lanyard.login(other, credential).status() == 401);
        assertThat(tokens).allMatch(token -> keystone.validate(token).status() == 404);
        assertThat(ofTenant(keystone.trustsTo(issuer))).isEmpty();
        assertThat(keystone.users(lanyard.domain(), UserNames.ISSUER)).hasSize(1);
    }

    /** Runs last: whatever the other tests have left anywhere is looked through. */
    @Test
    @Order(Integer.MAX_VALUE)
    void no_secret_that_ever_existed_is_in_any_table_topic_log_or_metric() {
        create(id);
        for (var purpose : List.of(PER_CLUSTER, TO_ISSUER)) {
            var credential = credential(purpose, 1);
            for (var door : List.of(one, other)) {
                secrets.add(credential, Lanyard.login(door, credential).token());
            }
        }
        assertThat(secrets.derived()).hasSizeGreaterThan(10);
        assertThat(other.log()).content().contains(" TRACE [o.h.o.j.bind]", " TRACE [o.a.k.c.NetworkClient]");
        assertThat(secrets.leaks(bus)).isEmpty();
    }

    private void create(String cluster) {
        tell(cluster, "create", "pending");
        tell(cluster, "create", "success");
    }

    private void delete(String cluster) {
        tell(cluster, "delete", "pending");
        tell(cluster, "delete", "success");
    }

    private void tell(String cluster, String action, String outcome) {
        bus.send(
                lanyard.notifications(),
                TestBus.notification(action, outcome, cluster, tenant.project(), tenant.owner()));
    }

    private void rotate(int client, int backend) {
        CredentialEvent wanted = new RotationRequested(id, client, backend);
        bus.send(
                lanyard.credentials(),
                null,
                id,
                EventCodec.write(wanted, UUID.randomUUID().toString(), "/lanyard/operator", Instant.now()));
    }

    private JsonNode credential(String purpose, int generation) {
        return credential(id, purpose, generation);
    }

    private JsonNode credential(String cluster, String purpose, int generation) {
        eventually(() -> lanyard.openCredential(bus, cluster, purpose, generation) != null);
        return lanyard.openCredential(bus, cluster, purpose, generation);
    }

    /** The tokens that a replica gives to forty logins, eight at a time. */
    private static Set<String> tokens(ServiceProcess door, JsonNode credential) {
        var tokens = new ConcurrentSkipListSet<String>();
        var clients = IntStream.range(0, 8)
                .mapToObj(client -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 5; i++) {
                        var login = Lanyard.login(door, credential);
                        assertThat(login.status()).isEqualTo(201);
                        tokens.add(login.token());
                    }
                }))
                .toList();
        clients.forEach(CompletableFuture::join);
        return tokens;
    }

    /** When the first refusal was decided. */
    private static Instant firstRefusal(ServiceProcess door, JsonNode credential) {
        var until = Instant.now().plus(PATIENCE);
        Login login;
        do {
            login = Lanyard.login(door, credential);
            assertThat(login.status()).isIn(201, 401, 503);
        } while (login.status() != 401 && Instant.now().isBefore(until));
        assertThat(login.status()).isEqualTo(401);
        return Instant.now().minus(REFUSAL_TIME);
    }

    private boolean isGood(ServiceProcess door, JsonNode credential) {
        var login = Lanyard.login(door, credential);
        return login.status() == 201 && keystone.validate(login.token()).status() == 200;
    }

    private String trustee() {
        return keystone.users(lanyard.domain(), id).getFirst().get("id").asText();
    }

    private List<String> trusts() {
        return keystone.trustsTo(trustee()).stream()
                .map(trust -> trust.get("id").asText())
                .toList();
    }

    private String trust() {
        assertThat(trusts()).hasSize(1);
        return trusts().getFirst();
    }

    private List<JsonNode> ofTenant(List<JsonNode> trusts) {
        return trusts.stream()
                .filter(trust -> trust.get("project_id").asText().equals(tenant.project()))
                .toList();
    }

    private List<JsonNode> events(String type) {
        return bus.events(lanyard.credentials(), id, type);
    }

    /** The generations of which a credential was told as ready. */
    private Set<Integer> readies(String purpose) {
        var generations = new TreeSet<Integer>();
        events("credential.ready").stream()
                .filter(event -> event.at("/data/purpose").asText().equals(purpose))
                .forEach(event -> generations.add(event.at("/data/generation").asInt()));
        return generations;
    }

    /** The generations of which a backend was told as provisioned. */
    private List<Integer> provisioned() {
        return events("credential.provisioned").stream()
                .map(event -> event.at("/data/backend/generation").asInt())
                .toList();
    }

    /** Kafka's time of the last such event about the cluster. */
    private Instant toldAt(String type) {
        return bus.everything(lanyard.credentials()).stream()
                .filter(record -> id.equals(record.key()))
                .filter(record ->
                        new String(record.value(), StandardCharsets.UTF_8).contains("\"type\":\"" + type + "\""))
                .map(record -> Instant.ofEpochMilli(record.timestamp()))
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    /** Whether the group of recorders has got to the end of the events. */
    private boolean isAllRecorded() throws Exception {
        try (var admin = Admin.create(Map.of("bootstrap.servers", RealParts.environment("LANYARD_KAFKA")))) {
            var recorded = admin.listConsumerGroupOffsets(lanyard.group("token-issuer"))
                    .partitionsToOffsetAndMetadata()
                    .get();
            var ends = new HashMap<TopicPartition, OffsetSpec>();
            for (int partition = 0; partition < 3; partition++) {
                ends.put(new TopicPartition(lanyard.credentials(), partition), OffsetSpec.latest());
            }
            return admin.listOffsets(ends).all().get().entrySet().stream().allMatch(end -> {
                var offset = recorded.get(end.getKey());
                return end.getValue().offset() == 0
                        || (offset != null && offset.offset() >= end.getValue().offset());
            });
        }
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(condition);
    }
}
