package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.SweepRequested;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sweeps of a real Keystone, each on request. Time is put back in the table instead of being waited for. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "revoker"))
@TestProfile(SweepKeystoneTest.OnRequest.class)
class SweepKeystoneTest extends Fixture {
    public static final class OnRequest implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "lanyard.sweep.interval", "0",
                    "lanyard.sweep.grace", "24h",
                    "lanyard.sweep.share", "0.1",
                    "lanyard.reconcile.interval", "200ms",
                    "lanyard.health.sample-interval", "500ms");
        }
    }

    @ConfigProperty(name = "lanyard.kafka")
    String kafka;

    @Inject
    KafkaClientService consumers;

    @Inject
    SweepStore store;

    @TestHTTPResource("/q/metrics")
    URI metrics;

    /** A cluster that lives, so that one orphan is not the greater part of what there is. */
    private GivenDelegation living;

    @BeforeEach
    void aLivingCluster() {
        forgetEverything();
        tell("create", "pending", cluster);
        eventually().until(() -> column("told_project", cluster) != null);
        living = delegation(1);
    }

    @AfterEach
    void anEmptyDomain() {
        keystone.admin("GET", "/users?domain_id=" + living.domainId(), null)
                .body()
                .get("users")
                .forEach(user ->
                        keystone.admin("DELETE", "/users/" + user.get("id").asText(), null));
    }

    @Test
    void aTrusteeOfNoClusterIsRemovedOnceItIsLongKnownAndNotBefore() {
        var orphan = UUID.randomUUID().toString();
        var user = trustee(orphan);

        var first = sweep(false);

        assertThat(first.get("outcome").asText()).isEqualTo("done");
        assertThat(fates(first)).containsExactly(Map.entry(user, "waiting"));
        assertThat(listed(first, user).get("kind").asText()).isEqualTo("trustee");
        assertThat(listed(first, user).get("of").asText()).isEqualTo(orphan);
        assertThat(Duration.between(time(first, user, "since"), time(first, user, "due")))
                .isEqualTo(Duration.ofHours(24));
        putBack("24 hours", "1 minute");
        assertThat(fates(sweep(false))).as("a minute too early").containsExactly(Map.entry(user, "waiting"));
        assertThat(isThere(user)).isTrue();

        putBack("1 minute", "0");

        assertThat(fates(sweep(false))).containsExactly(Map.entry(user, "removed"));
        assertThat(revoked(orphan, 1).get("trustee").asText()).isEqualTo("removed");
        assertThat(isThere(user)).isFalse();
        assertThat(column("phase", orphan)).isEqualTo("ABSENT");
        assertThat(sweep(false).get("orphans")).isEmpty();
        assertThat(isThere(living.trustee())).isTrue();
        assertThat(living.trusts()).allMatch(this::trustIsThere);
    }

    @Test
    void aTrusteeThatWasMadeAfterItsClusterWasProvedGoneIsAnOrphanToo() {
        var late = UUID.randomUUID().toString();
        tell("delete", "success", late);
        revoked(late, 1);
        var user = trustee(late);

        sweep(false);
        putBack("24 hours", "0");
        sweep(false);

        assertThat(revoked(late, 2).get("trustee").asText()).isEqualTo("removed");
        assertThat(isThere(user)).isFalse();
    }

    @Test
    void whatAnOrphanWasIsForgottenWhenItsClusterIsHeardOf() {
        var late = UUID.randomUUID().toString();
        var user = trustee(late);
        sweep(false);
        putBack("24 hours", "0");
        tell("update", "success", late);
        eventually().until(() -> column("phase", late) != null);

        assertThat(sweep(false).get("orphans")).isEmpty();
        assertThat(isThere(user)).isTrue();
        assertThat(number("select count(*) from suspect")).isZero();
    }

    @Test
    void aTrustToTheIssuerOfNoClusterIsRemovedAndItsNeighboursAreNot() {
        var orphan = trustToIssuer(UUID.randomUUID().toString(), "cloud-provider");
        var own = trustToIssuer(cluster, "cloud-provider");
        var strange = trustToIssuer(Instant.parse("2030-01-01T00:00:00Z"));

        assertThat(fates(sweep(false))).containsExactly(Map.entry(orphan, "waiting"));
        putBack("24 hours", "0");
        var last = sweep(false);

        assertThat(fates(last)).containsExactly(Map.entry(orphan, "removed"));
        assertThat(listed(last, orphan).get("of").asText()).isEqualTo(tenant.project());
        assertThat(last.get("foreign").asInt()).isEqualTo(1);
        assertThat(trustIsThere(orphan)).isFalse();
        assertThat(trustIsThere(own)).isTrue();
        assertThat(trustIsThere(strange)).isTrue();
    }

    @Test
    void aCustodianOfAProjectWithoutAClusterIsRemovedWithItsRolesUnlessItDelegatesToSomebodyWhoIsThere() {
        var others = keystone.makeTenant("member");
        // A cluster that is known, in another project than the one in which it has its trust.
        var elsewhere = UUID.randomUUID().toString();
        tell("create", "pending", elsewhere);
        eventually().until(() -> column("told_project", elsewhere) != null);
        var made = GivenDelegation.make(keystone, domain, others, elsewhere, 1);
        try {
            sweep(false);
            putBack("24 hours", "0");
            assertThat(fates(sweep(false))).containsExactly(Map.entry(made.custodian(), "left"));
            assertThat(isThere(made.custodian())).isTrue();
            keystone.admin("DELETE", "/OS-TRUST/trusts/" + made.trusts().getFirst(), null);
            keystone.makeTrustToNobody(
                    made.custodian(),
                    GivenDelegation.PASSWORD,
                    made.domainId(),
                    others.project(),
                    "member",
                    GivenDelegation.name(elsewhere, "nobody"));

            assertThat(fates(sweep(false))).containsExactly(Map.entry(made.custodian(), "removed"));

            assertThat(isThere(made.custodian())).isFalse();
            assertThat(isThere(made.trustee())).isTrue();
            assertThat(isThere(living.custodian())).isTrue();
            assertThat(keystone.admin("GET", "/role_assignments?scope.project.id=" + others.project(), null)
                            .body()
                            .toString())
                    .doesNotContain(made.custodian());
        } finally {
            keystone.removeTenant(others);
        }
    }

    @Test
    void whatIsForeignIsCountedAndNeverTouched() {
        var foreign =
                List.of(user("operator"), user(UUID.randomUUID().toString().toUpperCase(Locale.ROOT)));

        var first = sweep(false);
        putBack("24 hours", "0");
        sweep(false);

        assertThat(first.get("foreign").asInt()).isEqualTo(2);
        assertThat(first.get("orphans")).isEmpty();
        assertThat(foreign).allMatch(this::isThere);
    }

    @Test
    void anEmptyDatabaseRevokesNobody() {
        sql("delete from cluster");

        var first = sweep(false);
        putBack("48 hours", "0");
        var second = sweep(false);

        for (var event : List.of(first, second)) {
            assertThat(event.get("outcome").asText()).isEqualTo("none-live");
            assertThat(event.get("message").asText()).contains("LANYARD_SWEEP_SHARE");
        }
        assertThat(fates(second))
                .containsOnly(Map.entry(living.trustee(), "due"), Map.entry(living.custodian(), "due"));
        assertThat(isThere(living.trustee())).isTrue();
        assertThat(isThere(living.custodian())).isTrue();
        assertThat(number("select count(*) from cluster")).isZero();
        eventually().until(() -> metric("lanyard_sweep_outcome{outcome=\"none-live\"} 1.0"));
        eventually().until(() -> metric("lanyard_sweep_orphans{kind=\"trustee\"} 1.0"));

        tell("update", "success", cluster);
        eventually().until(() -> column("phase", cluster) != null);
        tell("create", "pending", cluster);
        eventually().until(() -> column("told_project", cluster) != null);
        assertThat(sweep(false).get("orphans")).isEmpty();
    }

    @Test
    void aDatabaseThatHasLostTheGreaterPartRevokesNobody() {
        var lost = Stream.generate(() -> trustee(UUID.randomUUID().toString()))
                .limit(3)
                .toList();

        sweep(false);
        putBack("24 hours", "0");
        var event = sweep(false);

        assertThat(event.get("outcome").asText()).isEqualTo("too-many");
        assertThat(event.get("ours").asInt()).isEqualTo(5);
        assertThat(event.get("most").asInt()).isEqualTo(2);
        assertThat(lost).allMatch(this::isThere);
    }

    @Test
    void aDryRunRemovesNothingAndRemembersNothing() {
        var user = trustee(UUID.randomUUID().toString());

        assertThat(fates(sweep(true))).containsExactly(Map.entry(user, "waiting"));
        assertThat(number("select count(*) from suspect")).isZero();

        sweep(false);
        putBack("24 hours", "0");
        assertThat(fates(sweep(true))).containsExactly(Map.entry(user, "due"));
        assertThat(fates(sweep(true))).containsExactly(Map.entry(user, "due"));
        assertThat(isThere(user)).isTrue();
        assertThat(number("select count(*) from cluster")).isEqualTo(1);
    }

    @Test
    void aRequestThatComesTwiceIsAnsweredOnceAndOfAFloodFewAreHeard() {
        sql("update sweep set lease = gen_random_uuid(), leased_until = now() + interval '1 hour'");
        var request = UUID.randomUUID().toString();
        for (int i = 0; i < 3; i++) {
            tell(new SweepRequested(CredentialEvent.NO_CLUSTER, request, true));
        }
        for (int i = 0; i < 40; i++) {
            tell(new SweepRequested(CredentialEvent.NO_CLUSTER, "flood-" + i, true));
        }
        eventually().until(() -> number("select count(*) from sweep_request") == 16);

        sql("update sweep set leased_until = now()");

        answer(request);
        assertThat(answers(request)).hasSize(1);
        assertThat(number("select count(*) from sweep_request")).isLessThan(17);
    }

    @Test
    void whatWasRemovedAndNotToldIsToldByTheNextSweep() {
        var orphan = trustToIssuer(UUID.randomUUID().toString(), "cloud-provider");
        sweep(false);
        // As after a sweep that was killed between the removal and its event.
        putBack("24 hours", "0");
        sql("update suspect set doomed = true");
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + orphan, null);

        assertThat(fates(sweep(false))).containsExactly(Map.entry(orphan, "removed"));
        assertThat(number("select count(*) from suspect")).isZero();
    }

    @Test
    void ofManyReplicasOneHasTheTurnUntilItIsDoneOrDead() {
        var turns = new ConcurrentLinkedQueue<SweepStore.Turn>();
        try (var replicas = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                replicas.execute(() -> Optional.ofNullable(store.claim(Duration.ofMinutes(3), Duration.ofHours(1)))
                        .ifPresent(turns::add));
            }
        }
        assertThat(turns).singleElement().satisfies(turn -> assertThat(turn.request())
                .isNull());
        var request = UUID.randomUUID().toString();
        tell(new SweepRequested(CredentialEvent.NO_CLUSTER, request, true));
        eventually().until(() -> number("select count(*) from sweep_request") == 1);
        assertThat(store.claim(Duration.ofMinutes(3), Duration.ZERO)).isNull();
        assertThat(answers(request)).isEmpty();

        sql("update sweep set leased_until = now()");

        assertThat(answer(request).get("outcome").asText()).isEqualTo("done");
    }

    @Test
    void aSweepThatWasOvertakenCommitsNothing() {
        var turn = store.claim(Duration.ofMinutes(3), Duration.ofHours(1));
        assertThat(turn).isNotNull();
        sql("update sweep set lease = gen_random_uuid()");

        assertThat(store.decide(turn, (clusters, seen) -> {
                    throw new AssertionError("decided without the turn");
                }))
                .isNull();
    }

    @Test
    void nothingIsSweptWhileTheBusIsNotHeard() throws Exception {
        var unheard = UUID.randomUUID().toString();
        var user = trustee(unheard);
        sweep(false);
        putBack("24 hours", "0");
        // A message that was told an hour ago, on a partition on which nothing was told since.
        var consumer = consumers.<String, byte[]>getConsumer("notifications");
        consumer.pause().await().indefinitely();
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", kafka),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(
                            notifications.getFirst(),
                            1,
                            Instant.now().minus(Duration.ofHours(1)).toEpochMilli(),
                            (String) null,
                            TestBus.notification("create", "pending", unheard, tenant.project(), tenant.owner())))
                    .get();
            var event = sweep(false);
            assertThat(event.get("outcome").asText()).isEqualTo("behind");
            assertThat(event.get("message").asText()).contains(notifications.getFirst());
        } finally {
            consumer.resume().await().indefinitely();
        }
        eventually().until(() -> column("phase", unheard) != null);
        eventually().until(() -> sweep(false).get("outcome").asText().equals("done"));
        assertThat(isThere(user)).isTrue();
    }

    /** A user of Lanyard's domain that is called like a cluster's trustee. */
    private String trustee(String about) {
        return user(about);
    }

    private String user(String name) {
        return keystone.admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\"}}".formatted(name, living.domainId()))
                .body()
                .at("/user/id")
                .asText();
    }

    private boolean isThere(String user) {
        return keystone.admin("GET", "/users/" + user, null).status() == 200;
    }

    /** Asks for a sweep and waits for its answer. */
    private JsonNode sweep(boolean dry) {
        // As if the last sweep were long ago.
        sql("update sweep set ended_at = null");
        var request = UUID.randomUUID().toString();
        tell(new SweepRequested(CredentialEvent.NO_CLUSTER, request, dry));
        var data = answer(request);
        assertThat(data.get("dry").asBoolean()).isEqualTo(dry);
        return data;
    }

    private JsonNode answer(String request) {
        return eventually()
                .until(() -> answers(request), found -> !found.isEmpty())
                .getFirst();
    }

    private List<JsonNode> answers(String request) {
        bus.everything(credentials).stream()
                .filter(record -> CredentialEvent.NO_CLUSTER.equals(record.key()))
                .forEach(record -> EventSchemas.assertValid(record.value()));
        return bus.events(credentials, CredentialEvent.NO_CLUSTER, "sweep.finished").stream()
                .map(event -> event.get("data"))
                .filter(data -> data.path("request").asText().equals(request))
                .toList();
    }

    private static List<Map.Entry<String, String>> fates(JsonNode event) {
        return StreamSupport.stream(event.get("orphans").spliterator(), false)
                .map(orphan ->
                        Map.entry(orphan.get("id").asText(), orphan.get("fate").asText()))
                .toList();
    }

    private static JsonNode listed(JsonNode event, String id) {
        return StreamSupport.stream(event.get("orphans").spliterator(), false)
                .filter(orphan -> orphan.get("id").asText().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static Instant time(JsonNode event, String id, String field) {
        return Instant.parse(listed(event, id).get(field).asText());
    }

    /** Lets time pass, less some of it, for all that is suspected. */
    private void putBack(String time, String less) {
        sql("update suspect set since = since - interval '%s' + interval '%s'".formatted(time, less));
    }

    private void forgetEverything() {
        sql("delete from cluster", "delete from suspect", "delete from sweep_request");
        sql("update sweep set lease = null, leased_until = null, ended_at = null, swept_at = null, outcome = null");
    }

    private void sql(String... statements) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private long number(String query) {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean metric(String line) throws IOException, InterruptedException {
        try (var http = PlainHttp.client()) {
            return http.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body()
                    .lines()
                    .anyMatch(found -> found.startsWith(line));
        }
    }
}
