package lanyard.common.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import lanyard.common.database.Transactions;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.MortalBroker;
import lanyard.common.testing.RealParts;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** The service's own relay, as it runs in production, with a broker of its own that is away at first, and killed later. */
@QuarkusTest
@TestProfile(RelayOnADyingBrokerTest.WithABrokerOfItsOwn.class)
@QuarkusTestResource(RealParts.class)
class RelayOnADyingBrokerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int CLUSTERS = 10;
    private static final int EVENTS = 30;

    @Inject
    Transactions transactions;

    @Inject
    Outbox outbox;

    @Inject
    MeterRegistry metrics;

    @Inject
    LanyardConfig config;

    @Inject
    Database database;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String address;

    @Test
    void theRelaySurvivesABrokerThatIsAwayAndOneThatDiesInMidRun() throws Exception {
        var numbered = new Numbered(transactions, outbox);
        var clusters = Numbered.clusters(CLUSTERS);
        clusters.forEach(numbered::append);

        // Away: the relay tries, fails, and everything stays.
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        metrics.counter("lanyard.outbox.failed").count())
                .isPositive());
        assertThat(unpublished()).isEqualTo(CLUSTERS);

        try (var broker = new MortalBroker(address)) {
            broker.start();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(unpublished()).isZero());

            // Dying: under load, with messages on their way.
            var underWay = new CountDownLatch(CLUSTERS * 5);
            var killed = new CountDownLatch(1);
            var writer = Thread.ofVirtual().start(() -> {
                for (int i = 1; i < EVENTS; i++) {
                    if (i > EVENTS / 2) {
                        pass(killed);
                    }
                    clusters.forEach(cluster -> {
                        numbered.append(cluster);
                        underWay.countDown();
                    });
                }
            });
            underWay.await();
            broker.kill();
            killed.countDown();
            writer.join();
            assertThat(unpublished()).isPositive();
            broker.start();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(unpublished()).isZero());

            assertEverythingCameInOrder(broker, clusters);
        }
    }

    /** At least once: what the dead broker did not acknowledge may come again, but never after what follows it. */
    private void assertEverythingCameInOrder(MortalBroker broker, List<String> clusters) {
        var published = Numbered.in(broker.everything(config.topics().credentials()));
        assertThat(published.keySet()).containsExactlyInAnyOrderElementsOf(clusters);
        assertThat(published).allSatisfy((cluster, numbers) -> {
            assertThat(numbers).isSorted();
            assertThat(numbers.stream().distinct()).isEqualTo(Numbered.upTo(EVENTS));
        });
    }

    private static void pass(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long unpublished() {
        return database.count("outbox", "published_at is null");
    }

    /** The relay runs by itself; what is slow in production is quick. */
    public static class WithABrokerOfItsOwn implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            var settings = new HashMap<>(new ByHand().getConfigOverrides());
            settings.put("quarkus.arc.exclude-types", "lanyard.common.reconcile.Reconciler");
            settings.put("lanyard.outbox.interval", "200ms");
            settings.put("mp.messaging.outgoing.outbox.request.timeout.ms", "1000");
            settings.put("mp.messaging.outgoing.outbox.delivery.timeout.ms", "2000");
            settings.put("mp.messaging.outgoing.outbox.max.block.ms", "1000");
            settings.put("mp.messaging.outgoing.outbox.reconnect.backoff.max.ms", "100");
            return settings;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(APlaceForABroker.class));
        }
    }

    /** Only the address is given beforehand: the test itself brings the broker to life. */
    public static class APlaceForABroker implements QuarkusTestResourceLifecycleManager {
        @Override
        public Map<String, String> start() {
            return Map.of("kafka.bootstrap.servers", "127.0.0.1:" + FreePort.find());
        }

        @Override
        public void stop() {}
    }
}
