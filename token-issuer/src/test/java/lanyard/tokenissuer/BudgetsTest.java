package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A door that may be asked but seldom. */
@QuarkusTest
@WithTestResource(RealParts.class)
@WithTestResource(BudgetsTest.StingyDoor.class)
class BudgetsTest {
    private static final int PER_ADDRESS = 1;
    private static final int PER_CREDENTIAL = 2;
    /** Ten seconds' worth may come at once. */
    private static final int BURST = 10;

    private static Client client;
    private static Client other;

    private final String address = Wire.freshAddress();

    @TestHTTPResource("/")
    URI door;

    @Inject
    Delegation delegation;

    @Inject
    Neighbours neighbours;

    /** Small budgets. */
    public static final class StingyDoor implements QuarkusTestResourceLifecycleManager {
        @Override
        public Map<String, String> start() {
            return Map.of(
                    "lanyard.door.url",
                    PublicDoor.URL,
                    "lanyard.door.budget.per-address",
                    Integer.toString(PER_ADDRESS),
                    "lanyard.door.budget.per-credential",
                    Integer.toString(PER_CREDENTIAL));
        }

        @Override
        public void stop() {}
    }

    @BeforeEach
    void twoClustersAreServed() {
        if (client == null) {
            client = neighbours.ready(delegation.make("cloud-provider"));
            other = neighbours.ready(delegation.make("cloud-provider"));
        }
    }

    @Test
    void anAddressThatGuessesIsSoonToldToWait() {
        var wrong = client.withSecret("wrong").byApplicationCredential();
        // A header names another address each time, and no proxy was configured to be believed.
        var answers = IntStream.range(0, 2 * BURST * PER_ADDRESS)
                .parallel()
                .mapToObj(any -> Wire.exchange(
                        door,
                        address,
                        Wire.post(wrong, "X-Forwarded-For: 10.0.0." + any, "Forwarded: for=10.0.0." + any)))
                .toList();
        assertThat(answers).extracting(Wire.Answer::status).contains(401, 429).containsOnly(401, 429);
        assertThat(answers).filteredOn(answer -> answer.status() == 429).allSatisfy(BudgetsTest::assertToldToWait);
        // Also with the right secret, and for tokens that are shown.
        assertToldToWaitAfterAGuess(wrong, () -> Wire.login(door, address, other.byApplicationCredential()));
        assertToldToWaitAfterAGuess(
                wrong,
                () -> Wire.exchange(
                        door, address, Wire.request("GET", "/v3/auth/catalog", "X-Auth-Token: " + "x".repeat(64))));

        // Whoever owns the credential is not locked out by it.
        assertThat(Wire.login(door, Wire.freshAddress(), client.byApplicationCredential())
                        .status())
                .isEqualTo(201);
    }

    @Test
    void manyAddressesThatGuessDoNotLockTheGenuineClientOut() {
        var wrong = other.withSecret("wrong").byApplicationCredential();
        assertThat(IntStream.range(0, 40).parallel().mapToObj(any -> Wire.login(door, Wire.freshAddress(), wrong)))
                .extracting(Wire.Answer::status)
                .containsOnly(401);
        assertThat(Wire.login(door, address, other.byApplicationCredential()).status())
                .isEqualTo(201);
    }

    @Test
    void aCredentialThatIsUsedTooOftenIsToldToWaitWhereverItComesFrom() {
        var mine = neighbours.ready(delegation.make("cloud-provider"));
        var answers = IntStream.range(0, 3 * BURST * PER_CREDENTIAL)
                .parallel()
                .mapToObj(any -> Wire.login(door, Wire.freshAddress(), mine.byApplicationCredential()))
                .toList();
        assertThat(answers).extracting(Wire.Answer::status).containsOnly(201, 429);
        assertThat(answers)
                .filteredOn(answer -> answer.status() == 201)
                .hasSizeGreaterThanOrEqualTo(BURST * PER_CREDENTIAL);
        assertThat(answers).filteredOn(answer -> answer.status() == 429).allSatisfy(BudgetsTest::assertToldToWait);
        assertThat(Wire.login(door, Wire.freshAddress(), client.byApplicationCredential())
                        .status())
                .isEqualTo(201);
    }

    /** One request a second is earned again, so that a machine that takes its time may let one through. */
    private void assertToldToWaitAfterAGuess(String guess, Supplier<Wire.Answer> request) {
        await().untilAsserted(() -> {
            Wire.login(door, address, guess);
            assertToldToWait(request.get());
        });
    }

    private static void assertToldToWait(Wire.Answer answer) {
        assertThat(answer.status()).isEqualTo(429);
        assertThat(Integer.parseInt(answer.headers().get("Retry-After"))).isBetween(1, 11);
        assertThat(answer.headers()).doesNotContainKey("X-Subject-Token");
        assertThat(Exchange.json(answer.body()).at("/error/title").asText()).isEqualTo("Too Many Requests");
    }
}
