package lanyard.common.testing;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real Kafka broker that a test may kill and start again, run from the jars of the local stack. */
public final class MortalBroker implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final String address;
    private final Path directory;
    private @Nullable Process process;

    /** @param address where it listens: {@code 127.0.0.1:port} */
    public MortalBroker(String address) throws IOException, InterruptedException {
        this.address = address;
        this.directory = Files.createTempDirectory(Path.of("target"), "broker").toAbsolutePath();
        Files.writeString(
                properties(),
                """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                listeners=PLAINTEXT://%1$s,CONTROLLER://127.0.0.1:%2$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                log.dirs=%3$s
                num.partitions=3
                offsets.topic.replication.factor=1
                """
                        .formatted(address, FreePort.find(), directory.resolve("data")));
        run(
                        "kafka.tools.StorageTool",
                        "format",
                        "--cluster-id",
                        Uuid.randomUuid().toString(),
                        "--config")
                .waitFor();
    }

    /** Starts it, with all that it had when it was killed, and waits until it listens. */
    public void start() throws IOException {
        var started = run("kafka.Kafka");
        process = started;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        Awaitility.await()
                .atMost(LIMIT)
                .ignoreException(java.net.ConnectException.class)
                .until(() -> {
                    if (!started.isAlive()) {
                        throw new IllegalStateException(
                                "the broker ended: " + Files.readString(directory.resolve("log")));
                    }
                    try (var socket = new Socket("127.0.0.1", port)) {
                        return socket.isConnected();
                    }
                });
    }

    /** Kills it as the kernel does: it says goodbye to nobody and writes nothing more. */
    public void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    /** Every record that is on the topic now, from its beginning. */
    public List<ConsumerRecord<String, byte[]>> everything(String topic) {
        try (var bus = new TestBus(address)) {
            return bus.everything(topic);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        kill();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private Path properties() {
        return directory.resolve("server.properties");
    }

    private Process run(String main, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                jars().resolve("*").toString(),
                main));
        command.addAll(List.of(arguments));
        command.add(properties().toString());
        return LoggedProcess.of(directory, directory.resolve("log"), command).start();
    }

    private static Path jars() {
        return Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve("deploy/local/target/lib"))
                .filter(Files::isDirectory)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "the local stack's jars are not built: run the tests by ./lanyard test"));
    }
}
