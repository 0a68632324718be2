package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.LoggedProcess;

/**
 * A real RabbitMQ, from Debian's package, that a test may stop and start again. It has a node name, ports, data, an Erlang cookie and a
 * port mapper of its own, and a user for the conductor and one for the bridge with just the permissions that docs/operations.md names.
 */
final class RealRabbitMq implements AutoCloseable {
    static final String CONDUCTOR = "conductor";
    static final String BRIDGE = "lanyard-bridge";
    static final String PASSWORD = UUID.randomUUID().toString();

    private static final Path DOWNLOADS = Path.of("target", "rabbitmq").toAbsolutePath();
    private static final UnpackedPackages PACKAGES = new UnpackedPackages(
            DOWNLOADS,
            "rabbitmq-server",
            "erlang-asn1",
            "erlang-base",
            "erlang-crypto",
            "erlang-eldap",
            "erlang-inets",
            "erlang-mnesia",
            "erlang-os-mon",
            "erlang-parsetools",
            "erlang-public-key",
            "erlang-runtime-tools",
            "erlang-ssl",
            "erlang-syntax-tools",
            "erlang-tools",
            "erlang-xmerl");
    private static final Duration LIMIT = Duration.ofSeconds(90);

    final int port = FreePort.find();
    final int tlsPort = FreePort.find();
    private final int mapperPort = FreePort.find();
    private final int distributionPort = FreePort.find();
    private final Path directory;
    private final Process mapper;
    private Process server;

    RealRabbitMq() throws IOException, InterruptedException {
        relocate();
        directory = Files.createTempDirectory(DOWNLOADS, "node");
        makeCertificates();
        configure();
        mapper = process(erlang("epmd").toString(), "-address", "127.0.0.1", "-port", Integer.toString(mapperPort))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
        start();
    }

    /** Erlang's start script knows where the package would have been installed. Another class may run it at the same time. */
    private static void relocate() throws IOException, InterruptedException {
        var script = PACKAGES.program("usr/lib/erlang/bin/erl");
        var text = Files.readString(script);
        var home = script.getParent().getParent();
        var relocated = Files.createTempFile(script.getParent(), "erl", null);
        Files.writeString(relocated, text.replaceAll("ROOTDIR=/\\S+", "ROOTDIR=" + home));
        Files.setPosixFilePermissions(relocated, Files.getPosixFilePermissions(script));
        Files.move(relocated, script, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path erlang(String program) throws IOException, InterruptedException {
        return PACKAGES.program("usr/lib/erlang/bin/" + program);
    }

    private void makeCertificates() {
        var certificates = new Certificates(directory);
        certificates.makeAuthority("ca");
        certificates.make("rabbitmq", "ca", "DNS:localhost");
    }

    private void configure() throws IOException {
        Files.writeString(
                directory.resolve("rabbitmq.conf"),
                """
                listeners.tcp.1 = 127.0.0.1:%d
                listeners.ssl.1 = 127.0.0.1:%d
                ssl_options.cacertfile = %3$s/ca.crt
                ssl_options.certfile = %3$s/rabbitmq.crt
                ssl_options.keyfile = %3$s/rabbitmq.key
                load_definitions = %3$s/definitions.json
                log.console = true
                log.file = false
                """
                        .formatted(port, tlsPort, directory));
        Files.writeString(
                directory.resolve("definitions.json"),
                """
                {"vhosts": [{"name": "/"}],
                 "users": [{"name": "%1$s", "password": "%3$s", "tags": ""}, {"name": "%2$s", "password": "%3$s", "tags": ""}],
                 "permissions": [
                  {"user": "%1$s", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
                  {"user": "%2$s", "vhost": "/", "configure": "^(magnum|lanyard\\\\..*)$",
                   "write": "^(lanyard\\\\..*|amq\\\\.default)$", "read": "^(magnum|lanyard\\\\..*)$"}]}
                """
                        .formatted(CONDUCTOR, BRIDGE, PASSWORD));
        Files.writeString(directory.resolve("enabled_plugins"), "[].");
        Files.writeString(directory.resolve(".erlang.cookie"), UUID.randomUUID().toString());
        Files.setPosixFilePermissions(
                directory.resolve(".erlang.cookie"), PosixFilePermissions.fromString("r--------"));
    }

    /** Starts it, with all that it had when it was stopped, and waits until it listens. */
    void start() throws IOException, InterruptedException {
        var home = PACKAGES.program("usr/lib/rabbitmq/lib").toRealPath();
        Path script;
        try (var versions = Files.list(home)) {
            script = versions.findFirst().orElseThrow().resolve("sbin/rabbitmq-server");
        }
        var builder = process(script.toString());
        builder.environment()
                .putAll(Map.of(
                        "PATH", erlang("erl").getParent() + ":" + System.getenv("PATH"),
                        "HOME", directory.toString(),
                        "ERL_EPMD_PORT", Integer.toString(mapperPort),
                        "RABBITMQ_NODENAME", "lanyard@localhost",
                        "RABBITMQ_DIST_PORT", Integer.toString(distributionPort),
                        "RABBITMQ_CONF_ENV_FILE", "/dev/null",
                        "RABBITMQ_CONFIG_FILE",
                                directory.resolve("rabbitmq.conf").toString(),
                        "RABBITMQ_MNESIA_BASE", directory.resolve("data").toString(),
                        "RABBITMQ_LOG_BASE", directory.toString(),
                        "RABBITMQ_ENABLED_PLUGINS_FILE",
                                directory.resolve("enabled_plugins").toString()));
        builder.environment()
                .put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}");
        server = builder.start();
        await("RabbitMQ listens, see " + log())
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .failFast("RabbitMQ has died, see " + log(), () -> !server.isAlive())
                .ignoreException(ConnectException.class)
                .until(() -> {
                    connect().close();
                    return true;
                });
    }

    /** Stops it as an operator would: it keeps what is durable. */
    void stop() throws InterruptedException {
        server.destroy();
        if (!server.waitFor(30, TimeUnit.SECONDS)) {
            end();
        }
    }

    /** A connection of the conductor's. */
    Connection connect() throws IOException, TimeoutException {
        var factory = new ConnectionFactory();
        factory.setPort(port);
        factory.setUsername(CONDUCTOR);
        factory.setPassword(PASSWORD);
        factory.setAutomaticRecoveryEnabled(false);
        return factory.newConnection();
    }

    /** The bridge from here to that Kafka, not started yet. */
    ServiceProcess bridgeTo(String kafka) {
        return new ServiceProcess(
                ServiceProcess.THIS_VERSION,
                "deploy/conductor-bridge",
                Map.of(
                        "lanyard.kafka",
                        kafka,
                        "lanyard.rabbitmq.addresses",
                        "127.0.0.1:" + port,
                        "lanyard.rabbitmq.username",
                        BRIDGE,
                        "lanyard.rabbitmq.password",
                        PASSWORD));
    }

    Path authority() {
        return directory.resolve("ca.crt");
    }

    private ProcessBuilder process(String... command) {
        return LoggedProcess.of(directory, log(), List.of(command));
    }

    private Path log() {
        return directory.resolve("log");
    }

    /** At once, with all the processes that its start script has started. */
    private void end() {
        if (server != null) {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly();
        }
        mapper.destroyForcibly();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        stop();
        end();
        mapper.waitFor();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
