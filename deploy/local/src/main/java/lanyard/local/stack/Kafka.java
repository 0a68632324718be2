package lanyard.local.stack;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;

/** The embedded Kafka: a broker and controller in one process, run from the jars beside this one. */
final class Kafka {
    static final Map<String, Integer> TOPICS = Map.of(
            "notifications.info", 6, "notifications.error", 6, "lanyard.credentials", 6, "lanyard.dead-letters", 1);
    private static final String FORMATTED = "kafka.formatted";
    private static final Duration LIMIT = Duration.ofSeconds(180);

    private final Home home;
    private final Children children;

    Kafka(Home home, Children children) {
        this.home = home;
        this.children = children;
    }

    /** Starts the broker unless it runs; returns its address once it can make topics. */
    String start(Ports ports, Ledger ledger) throws IOException, InterruptedException {
        if (!children.alive(Parts.KAFKA)) {
            home.makeDirectory("kafka");
            home.write(
                    "kafka/server.properties", properties(ports.choose(Parts.KAFKA), ports.choose("kafka-controller")));
            format(ledger);
            var options = Machine.join(
                    Machine.archive(home.file("kafka/classes.jsa")),
                    "-Xms64m",
                    "-Xmx384m",
                    "-Djava.util.logging.SimpleFormatter.format=%1$tFT%1$tT.%1$tL %4$s %3$s: %5$s%6$s%n",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    classPath());
            children.start(
                    Parts.KAFKA,
                    Machine.quickJava(
                            options,
                            "kafka.Kafka",
                            home.file("kafka/server.properties").toString()),
                    Map.of());
        }
        return "127.0.0.1:" + ledger.port(Parts.KAFKA).orElseThrow();
    }

    private String properties(int port, int controllerPort) {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                log.dirs=%3$s
                num.partitions=6
                # One broker can't hold more copies than one, and has nobody to wait for.
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=8
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=4
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                group.initial.rebalance.delay.ms=0
                """
                .formatted(port, controllerPort, home.file("kafka/data"));
    }

    private void format(Ledger ledger) throws IOException, InterruptedException {
        if (ledger.note(FORMATTED).isPresent()) {
            return;
        }
        if (Files.exists(home.file("kafka/data"))) {
            Home.deleteTree(home.file("kafka/data"));
        }
        var command = Machine.quickJava(
                List.of("-cp", classPath()),
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                Uuid.randomUuid().toString(),
                "--config",
                home.file("kafka/server.properties").toString());
        if (children.run(Parts.KAFKA, command, Map.of()) != 0) {
            throw new Trouble(
                    "Kafka's storage could not be formatted (" + Logs.lastError(home.log(Parts.KAFKA)) + ")",
                    "see " + home.log(Parts.KAFKA));
        }
        ledger.note(FORMATTED, "yes");
    }

    /** Without the command line's own jar, which a later build replaces. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("lanyard.jar"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Waits for a broker that was just started. */
    void awaitReady(String address) throws InterruptedException {
        children.await(Parts.KAFKA, LIMIT, () -> {
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            try (var socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected() ? address : null;
            }
        });
    }

    /** Sees that at least one of the brokers can be connected to: the client itself would try for long without telling why. */
    static void reach(String addresses) {
        IOException last = null;
        for (var address : addresses.split(",", -1)) {
            int colon = address.lastIndexOf(':');
            try (var socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(
                                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                        5000);
                return;
            } catch (IOException e) {
                last = e;
            }
        }
        throw new Trouble("no Kafka can be reached at " + addresses, "check --kafka", last);
    }

    /** Makes the topics that are missing; returns their names. */
    static List<String> createTopics(String address) throws InterruptedException {
        try (var admin = admin(address)) {
            var present = admin.listTopics().names().get();
            var missing = TOPICS.entrySet().stream()
                    .filter(topic -> !present.contains(topic.getKey()))
                    .map(topic -> new NewTopic(topic.getKey(), Optional.of(topic.getValue()), Optional.empty()))
                    .toList();
            if (!missing.isEmpty()) {
                admin.createTopics(missing).all().get();
            }
            return missing.stream().map(NewTopic::name).toList();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return List.of();
            }
            throw unreachable(address, e);
        } catch (KafkaException e) {
            throw unreachable(address, e);
        }
    }

    private static Trouble unreachable(String address, Exception e) {
        var cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        return new Trouble(
                "the Kafka at " + address + " does not answer as it should (" + cause.getMessage() + ")",
                "check the address, and that its topics may be made",
                e);
    }

    static Admin admin(String address) {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, address,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000,
                AdminClientConfig.RETRY_BACKOFF_MS_CONFIG, 100,
                AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, 50));
    }

    /** The version of the embedded broker. */
    static String version() throws IOException {
        try (var stream = Kafka.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            var properties = new Properties();
            if (stream != null) {
                properties.load(stream);
            }
            return properties.getProperty("version", "?");
        }
    }
}
