package lanyard.acceptance;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.conductor.Capture;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.MortalBroker;
import lanyard.common.testing.TestBus;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.ThrowingSupplier;

/**
 * The packaged bridge between a real RabbitMQ and a real Kafka, both of which die: what a conductor sends arrives, byte for byte, with
 * its cluster as the key, and nothing that was sent is missing afterwards.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConductorBridgeTest {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String EXCHANGE = "magnum";
    private static final String INFO = "notifications.info";
    private static final String ERROR = "notifications.error";
    /** {@code lanyard.bridge.prefetch}. */
    private static final int PREFETCH = 50;

    private static final String QUEUE = "lanyard.notifications";
    /** As oslo.messaging sends: the properties of every captured notification. */
    private static final BasicProperties AS_OSLO = new BasicProperties.Builder()
            .contentType("application/json")
            .contentEncoding("utf-8")
            .deliveryMode(2)
            .priority(0)
            .headers(Map.of())
            .build();

    private RealRabbitMq rabbitMq;
    private MortalBroker kafka;
    private ServiceProcess bridge;
    private String broker;

    private Connection conductor;
    private Channel channel;

    @BeforeAll
    void start() throws Exception {
        broker = "127.0.0.1:" + FreePort.find();
        kafka = new MortalBroker(broker);
        var starting = Thread.ofVirtual()
                .start(() -> sneaky(() -> {
                    kafka.start();
                    return kafka;
                }));
        rabbitMq = new RealRabbitMq();
        starting.join();
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.createTopics(List.of(new NewTopic(INFO, 3, (short) 1), new NewTopic(ERROR, 3, (short) 1)))
                    .all()
                    .get();
        }
        bridge = rabbitMq.bridgeTo(broker)
                .set("lanyard.rabbitmq.addresses", "localhost:" + rabbitMq.tlsPort)
                .set("lanyard.rabbitmq.tls", "true")
                .set(
                        "quarkus.tls.rabbitmq.trust-store.pem.certs",
                        rabbitMq.authority().toString())
                .start();
        connect();
    }

    private void connect() throws IOException, TimeoutException {
        conductor = rabbitMq.connect();
        channel = conductor.createChannel();
        channel.confirmSelect();
    }

    @AfterAll
    void stop() throws Exception {
        for (var one : Arrays.asList(bridge, kafka, rabbitMq)) {
            if (one != null) {
                one.close();
            }
        }
    }

    @BeforeEach
    void allIsWell() {
        await().atMost(PATIENCE)
                .until(() ->
                        readiness("RabbitMQ").isEmpty() && readiness("Kafka").isEmpty());
    }

    @Test
    void whatMagnumSentArrivesByteForByteWithItsClusterAsTheKeyAndOthersHaveTheirOwn() throws Exception {
        var others = channel.queueDeclare().getQueue();
        channel.queueBind(others, EXCHANGE, INFO);
        channel.queueBind(others, EXCHANGE, ERROR);
        var captured = Stream.concat(Capture.rabbit().stream(), Capture.twoConductors().stream())
                .toList();

        for (var one : captured) {
            send(one.channel(), one.body());
        }

        for (var topic : List.of(INFO, ERROR)) {
            var expected = captured.stream()
                    .filter(one -> one.channel().equals(topic))
                    .map(Capture::text)
                    .toList();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(bodies(topic)).containsAll(expected));
            var arrived = kafka.everything(topic).stream()
                    .filter(record -> expected.contains(text(record)))
                    .toList();
            assertThat(arrived).hasSameSizeAs(expected).allSatisfy(record -> assertThat(record.key())
                    .isEqualTo(cluster(text(record))));
            assertThat(arrived.stream().collect(groupingBy(ConsumerRecord::key, mapping(this::text, toList()))))
                    .as("each cluster's, in the order in which they were sent")
                    .isEqualTo(expected.stream().collect(groupingBy(ConductorBridgeTest::cluster)));
        }
        assertThat(channel.messageCount(others)).isEqualTo(captured.size());
    }

    @Test
    void whatOsloMessagingItselfSendsArrives() throws Exception {
        var cluster = UUID.randomUUID().toString();
        var script = Path.of("src/test/resources/clients/notifier.py");
        var oslo = new ProcessBuilder(
                        "/usr/bin/python3",
                        script.toString(),
                        "rabbit://%s:%s@127.0.0.1:%d//"
                                .formatted(RealRabbitMq.CONDUCTOR, RealRabbitMq.PASSWORD, rabbitMq.port),
                        cluster)
                .redirectErrorStream(true)
                .start();
        var said = new String(oslo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(oslo.waitFor()).as(said).isZero();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(keys(INFO)).contains(cluster));
    }

    @Test
    void hostileBodiesPassWithoutAKey() throws Exception {
        var hostile = Stream.of("", "null", "[".repeat(100_000), "{\"oslo.message\": 1}", "\u0000\ufffd")
                .map(ConductorBridgeTest::bytes)
                .toList();

        for (var body : hostile) {
            send(INFO, body);
        }

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(kafka.everything(INFO))
                .filteredOn(record -> record.key() == null)
                .extracting(ConsumerRecord::value)
                .containsAll(hostile));
    }

    @Test
    void aBodyThatKafkaCanNeverTakeBecomesADeadLetterAndHoldsUpNobody() throws Exception {
        var endless = new byte[3 << 20];
        var behind = UUID.randomUUID().toString();

        send(INFO, endless);
        send(INFO, notification(behind, 0));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(keys(INFO)).contains(behind));
        await().atMost(PATIENCE).until(() -> Objects.nonNull(channel.basicGet(QUEUE + ".dead-letters", true)));
        assertThat(bridge.get("/q/metrics").body())
                .contains("lanyard_bridge_messages_total{result=\"dead-lettered\",topic=\"notifications.info\"} 1.0");
    }

    @Test
    void anExchangeThatIsOtherwiseIsLeftAloneAndOneThatIsGoneIsMadeAgain() throws Exception {
        var clusters =
                Stream.generate(() -> UUID.randomUUID().toString()).limit(2).toList();
        channel.exchangeDelete(EXCHANGE);
        // A conductor with amqp_durable_queues.
        channel.exchangeDeclare(EXCHANGE, "topic", true);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(readiness("RabbitMQ"))
                .contains("LANYARD_BRIDGE_EXCHANGE_DURABLE=false", "amqp_durable_queues", "PRECONDITION_FAILED"));
        send(INFO, notification(clusters.get(0), 0));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(keys(INFO)).contains(clusters.get(0)));

        channel.exchangeDelete(EXCHANGE);
        allIsWell();
        send(INFO, notification(clusters.get(1), 0));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(keys(INFO)).contains(clusters.get(1)));
    }

    @Test
    void whileKafkaIsAwayTheQueueKeepsAllAlsoWhenRabbitMqIsRestarted() throws Exception {
        var clusters = clusters(3);
        kafka.kill();
        var since = System.nanoTime();
        var cpu = bridge.cpu();
        send(clusters, 0, 100);

        rabbitMq.stop();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(readiness("RabbitMQ")).contains("does not answer"));
        rabbitMq.start();
        await().atMost(PATIENCE).until(() -> readiness("RabbitMQ").isEmpty());
        connect();
        send(clusters, 100, 200);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(readiness("Kafka")).contains(broker));
        assertThat(bridge.cpu().minus(cpu))
                .as("nothing spins")
                .isLessThan(Duration.ofNanos(System.nanoTime() - since).dividedBy(4));
        kafka.start();

        assertAllArriveInOrder(clusters, 200);
    }

    @Test
    void aRabbitMqForWhichNoAuthorityVouchesIsNotSpokenToAndTheLogSaysSo() throws Exception {
        try (var stranger = rabbitMq.bridgeTo(broker)
                .set("lanyard.rabbitmq.addresses", "localhost:" + rabbitMq.tlsPort)
                .set("lanyard.rabbitmq.tls", "true")
                .set("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true")) {
            stranger.launch();

            await().atMost(PATIENCE).ignoreException(UncheckedIOException.class).untilAsserted(() -> assertThat(
                            readiness(stranger, "RabbitMQ"))
                    .contains("there is no TLS", "QUARKUS_TLS_RABBITMQ_TRUST_STORE_PEM_CERTS"));
            await().atMost(PATIENCE).until(() -> readiness(stranger, "Kafka").isEmpty());

            try (var lines = Files.lines(stranger.log())) {
                assertThat(lines.filter(line -> line.startsWith("{")).map(ConductorBridgeTest::json))
                        .allMatch(line -> line.get("service").asText().equals("conductor-bridge"))
                        .anyMatch(line -> line.get("message").asText().contains("there is no TLS"));
            }
        }
    }

    @Test
    void whenOneIsKilledOrStoppedAnotherGoesOnWithAllThatItHeld() throws Exception {
        var other = rabbitMq.bridgeTo(broker);
        try {
            other.start();
            assertAllArriveWhile(bridge::kill);
            bridge.start();
            assertAllArriveWhile(other::close);
            assertThat(other.log()).content().doesNotContain("were not on Kafka in time");
        } finally {
            other.close();
        }
    }

    /** What is sent while something is done in the middle of it arrives, and no more than one replica holds comes twice. */
    private void assertAllArriveWhile(Runnable done) throws Exception {
        var clusters = clusters(3);
        var sending = Thread.ofVirtual()
                .start(() -> sneaky(() -> {
                    send(clusters, 0, 1000);
                    return clusters;
                }));
        await().atMost(PATIENCE).until(() -> keys(INFO).contains(clusters.getFirst()));
        done.run();
        sending.join();
        assertAllArriveInOrder(clusters, 1000);
        assertThat(kafka.everything(INFO).stream()
                        .filter(record -> clusters.contains(record.key()))
                        .count())
                .isLessThanOrEqualTo(3 * 1000 + PREFETCH);
    }

    /** Each number of each cluster's came, and for the first time not before the one that it follows; some may have come twice. */
    private void assertAllArriveInOrder(List<String> clusters, int numbers) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            var records = kafka.everything(INFO);
            for (var cluster : clusters) {
                assertThat(records.stream()
                                .filter(record -> cluster.equals(record.key()))
                                .map(record -> number(text(record)))
                                .distinct())
                        .containsExactlyElementsOf(
                                IntStream.range(0, numbers).boxed().toList());
            }
        });
    }

    /** What is wrong with a side, in the words of the readiness; nothing if it is well. */
    private String readiness(String side) {
        return readiness(bridge, side);
    }

    private static String readiness(ServiceProcess bridge, String side) {
        return json(bridge.get("/q/health/ready").body())
                .get("checks")
                .valueStream()
                .filter(check -> check.get("name").asText().equals(side))
                .map(check -> check.at("/data/why").asText())
                .findFirst()
                .orElseThrow();
    }

    private void send(List<String> clusters, int from, int to) throws Exception {
        for (int number = from; number < to; number++) {
            for (var cluster : clusters) {
                channel.basicPublish(EXCHANGE, INFO, AS_OSLO, notification(cluster, number));
            }
        }
        channel.waitForConfirmsOrDie();
    }

    /** Sends a message and waits until RabbitMQ has it. */
    private void send(String routingKey, byte[] body) throws Exception {
        channel.basicPublish(EXCHANGE, routingKey, AS_OSLO, body);
        channel.waitForConfirmsOrDie();
    }

    private static List<String> clusters(int number) {
        return Stream.generate(() -> UUID.randomUUID().toString()).limit(number).toList();
    }

    /** A genuine notification, in which a number takes the place of the owner's id. */
    private static byte[] notification(String cluster, int number) {
        return TestBus.notification("create", "pending", cluster, "project", "number-%d.".formatted(number));
    }

    private static int number(String body) {
        var begin = body.indexOf("number-") + "number-".length();
        return Integer.parseInt(body.substring(begin, body.indexOf('.', begin)));
    }

    private List<String> keys(String topic) {
        return kafka.everything(topic).stream().map(ConsumerRecord::key).toList();
    }

    private List<String> bodies(String topic) {
        return kafka.everything(topic).stream().map(this::text).toList();
    }

    private String text(ConsumerRecord<String, byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    private static String cluster(String body) {
        return json(json(body).get("oslo.message").asText())
                .at("/payload/target/id")
                .asText();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T sneaky(ThrowingSupplier<T> action) {
        try {
            return action.get();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
