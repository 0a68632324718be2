package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.secrets.KeyRing;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import lanyard.tokenissuer.FaultyKeystone.Mode;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The door in front of a Keystone that fails in every way that it was ever seen to. */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(FaultyKeystone.InBetween.class)
class DoorOnAFailingKeystoneTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** What a busy machine may add to any time. */
    private static final Duration SLACK = Duration.ofMillis(1500);

    private static final String ADDRESS = Wire.freshAddress();
    private static final Executor THREADS = Executors.newVirtualThreadPerTaskExecutor();
    private static final Set<String> SECRETS = ConcurrentHashMap.newKeySet();
    private static final ConcurrentLinkedQueue<String> LOG = new ConcurrentLinkedQueue<>();

    private static FaultyKeystone keystone;
    private static CredentialProvisioned provisioned;
    private static Client kept;

    private static final Handler CAPTURE = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord logged) {
            var thrown = logged.getThrown();
            LOG.add(formatter.formatMessage(logged) + (thrown == null ? "" : " " + formatter.format(logged)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private final HttpClient http = PlainHttp.client();

    @TestHTTPResource("/")
    URI door;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    @ConfigProperty(name = "lanyard.door.patience", defaultValue = "5s")
    Duration patience;

    @ConfigProperty(name = "lanyard.door.fetches", defaultValue = "4")
    int fetches;

    @Inject
    Delegation delegation;

    @Inject
    Neighbours neighbours;

    @Inject
    Clusters clusters;

    @Inject
    KeyRing keys;

    @BeforeEach
    void aTokenIsAtHand() {
        if (keystone != null) {
            return;
        }
        keystone =
                new FaultyKeystone(ConfigProvider.getConfig().getValue(FaultyKeystone.InBetween.PORT, Integer.class));
        Logger.getLogger("").addHandler(CAPTURE);
        await().atMost(PATIENCE).ignoreException(IllegalStateException.class).until(() -> {
            provisioned = delegation.make("cloud-provider");
            return true;
        });
        kept = neighbours.ready(provisioned);
        SECRETS.add(kept.secret());
        SECRETS.add(RealParts.environment("OS_PASSWORD"));
        SECRETS.add(
                keys.derive("test", KeyRing.Purpose.TRUSTEE, kept.cluster(), 1).reveal());
        SECRETS.add(login(kept).token());
    }

    @AfterEach
    void allIsWellAgain() throws Exception {
        keystone.become(Mode.FAMILIAR);
        var probe = neighbours.settled();
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> login(probe).status() == 201 && !isOpen());
        var counted = metrics();
        assertThat(SECRETS).noneMatch(counted::contains);
        assertThat(SECRETS).allSatisfy(secret -> assertThat(LOG).noneMatch(line -> line.contains(secret)));
    }

    @AfterAll
    static void leave() {
        Logger.getLogger("").removeHandler(CAPTURE);
        if (keystone != null) {
            keystone.close();
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"WELL", "FAMILIAR", "SHORT_LIVED", "LATE_CLOCK", "EARLY_CLOCK"})
    void whatIsAtHandIsServedAndTheRestIsToComeBackUntilKeystoneDoes(Mode mode) throws Exception {
        var atHand = login(kept).token();
        var cold = Stream.generate(neighbours::settled).limit(fetches).toList();
        cold.forEach(client -> SECRETS.add(client.secret()));
        keystone.become(mode);

        var failing = cold.stream()
                .map(client -> CompletableFuture.supplyAsync(() -> timed(client), THREADS))
                .toList();
        assertThat(timed(kept)).satisfies(served -> {
            assertThat(served.answer().token()).isEqualTo(atHand);
            assertThat(served.took()).isLessThan(patience.plus(SLACK));
        });
        assertThat(failing).map(CompletableFuture::get).allSatisfy(timed -> {
            assertToComeBack(timed.answer());
            assertThat(timed.took()).isLessThan(patience.plus(SLACK));
        });
        await().atMost(Duration.ofSeconds(8))
                .pollInterval(Duration.ofMillis(50))
                .until(this::isOpen);

        // While the circuit is open, Keystone has its peace.
        int calls = keystone.calls();
        for (var client : cold) {
            assertToComeBack(login(client));
            assertThat(login(kept).token()).isEqualTo(atHand);
        }
        assertThat(isOpen()).isTrue();
        assertThat(keystone.calls()).isEqualTo(calls);

        keystone.become(Mode.FAMILIAR);
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(login(cold.getFirst()).status()).isEqualTo(201));
        assertThat(isOpen()).isFalse();
        assertThat(login(kept).token()).isEqualTo(atHand);
    }

    @Test
    void manyWhoComeAtOnceAreServedInTheirOrderByFewCalls() {
        keystone.become(Mode.FAMILIAR);
        var clients = Stream.generate(neighbours::settled).limit(200).toList();
        // So that the database, which is asked by all at once, does not shuffle them: a wrong secret makes their rows
        // known.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(inParallel(clients.stream()
                        .map(client -> client.withSecret("wrong"))
                        .toList()))
                .extracting(Wire.Answer::status)
                .containsOnly(401));
        keystone.countFromHere();

        var first = new ArrayList<CompletableFuture<Wire.Answer>>();
        for (var client : clients) {
            first.add(CompletableFuture.supplyAsync(() -> login(client), THREADS));
            pause(Duration.ofMillis(4));
        }
        assertThat(first)
                .map(CompletableFuture::get)
                .extracting(Wire.Answer::status)
                .containsAnyOf(201)
                .isSubsetOf(201, 503);
        // Those that were told to come back find their token: it was fetched all the same.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(inParallel(clients))
                .extracting(Wire.Answer::status)
                .containsOnly(201));

        assertThat(keystone.mostAtOnce()).isBetween(2, fetches);
        var demand = clients.stream()
                .map(client -> Neighbours.madeUpTrust(client.cluster()))
                .toList();
        var served = List.copyOf(new LinkedHashSet<>(keystone.trusts()));
        assertThat(keystone.trusts()).hasSize(200);
        assertThat(served).containsExactlyInAnyOrderElementsOf(demand);
        var shifts = IntStream.range(0, 200)
                .map(place -> Math.abs(place - served.indexOf(demand.get(place))))
                .sorted()
                .toArray();
        // The order in which they were sent is not quite that in which the door's threads read them.
        assertThat(shifts[100]).as("median shift").isLessThan(10);
        assertThat(shifts[199]).as("largest shift").isLessThan(60);
    }

    @Test
    void aTokenIsServedToItsFloorWhileItCanNotBeRenewed() throws Exception {
        keystone.become(Mode.SHORT_LIVED);
        clusters.forget(kept.cluster());
        var askedAt = Instant.now();
        Wire.Answer first = null;
        while (first == null || first.status() != 201) {
            askedAt = Instant.now();
            first = login(kept);
        }
        var token = first.token();
        SECRETS.add(token);
        double failures = failedCalls();
        keystone.become(Mode.ERROR_503);

        // Half of its life is the floor of a token that lives so shortly.
        var floor = FaultyKeystone.SHORT_LIFE.dividedBy(2);
        var answers = new ArrayList<Wire.Answer>();
        while (Instant.now().isBefore(askedAt.plus(floor))) {
            var answer = login(kept);
            // On a busy machine the last of them comes when the floor is reached already.
            if (Instant.now().isBefore(askedAt.plus(floor))) {
                answers.add(answer);
            }
            pause(Duration.ofMillis(100));
        }
        assertThat(answers).isNotEmpty().allSatisfy(answer -> assertThat(answer.token())
                .isEqualTo(token));
        assertThat(failedCalls()).as("renewals ahead of the end").isGreaterThan(failures);
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertToComeBack(login(kept)));

        keystone.become(Mode.FAMILIAR);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(login(kept).status()).isEqualTo(201));
        assertThat(login(kept).token()).isNotEqualTo(token);
    }

    @ParameterizedTest
    @EnumSource(names = {"LATE_CLOCK", "EARLY_CLOCK"})
    void aKeystoneWhoseClockIsHoursOffIsServedFromAllTheSame(Mode mode) {
        keystone.become(mode);
        clusters.forget(kept.cluster());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(login(kept).status()).isEqualTo(201));
        var token = login(kept).token();
        SECRETS.add(token);
        int calls = keystone.calls();
        assertThat(Stream.generate(() -> login(kept)).limit(5))
                .extracting(Wire.Answer::token)
                .containsOnly(token);
        assertThat(keystone.calls()).isEqualTo(calls);
        assertThat(Wire.exchange(
                                door,
                                ADDRESS,
                                Wire.request(
                                        "GET",
                                        "/v3/auth/tokens",
                                        "X-Auth-Token: " + token,
                                        "X-Subject-Token: " + token))
                        .status())
                .isEqualTo(200);
    }

    private record Timed(Wire.Answer answer, Duration took) {}

    private Timed timed(Client client) {
        var start = System.nanoTime();
        var answer = login(client);
        return new Timed(answer, Duration.ofNanos(System.nanoTime() - start));
    }

    private Wire.Answer login(Client client) {
        return Wire.login(door, ADDRESS, client.byApplicationCredential());
    }

    private List<Wire.Answer> inParallel(List<Client> clients) {
        return clients.stream()
                .map(client -> CompletableFuture.supplyAsync(() -> login(client), THREADS))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
    }

    private static void assertToComeBack(Wire.Answer answer) {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.headers()).containsEntry("Retry-After", "5").doesNotContainKey("X-Subject-Token");
        assertThat(answer.body()).contains("\"code\":503");
        assertThat(SECRETS).noneMatch(answer.body()::contains);
    }

    private boolean isOpen() throws Exception {
        return gauge("lanyard_door_circuit_open") == 1;
    }

    private double failedCalls() throws Exception {
        return metrics()
                .lines()
                .filter(line -> line.startsWith("lanyard_keystone_calls_seconds_count{")
                        && line.contains("issue-token")
                        && line.contains("unavailable"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private double gauge(String name) throws Exception {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    private String metrics() throws Exception {
        return http.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                .body();
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
