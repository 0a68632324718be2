package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.LoggedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBinding;

/**
 * A real Kafka that lets in nobody whom it does not know, and nobody do what it was not told to allow. One listener demands a password
 * (SCRAM, over TLS), another a certificate; who shows the certificate of a name is the user of that name.
 */
final class SecuredBroker implements AutoCloseable {
    private static final Path JARS = ServiceProcess.THIS_VERSION.resolve("deploy/local/target/lib");
    private static final String SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule";
    private static final String STORE_PASSWORD = UUID.randomUUID().toString();
    private static final String ITSELF = "broker";

    private final Path directory;
    private final String passwords;
    private final String certificates;
    private final Certificates made;
    private final Process process;

    SecuredBroker() {
        try {
            directory = Files.createTempDirectory(Path.of("target"), "secured-broker")
                    .toAbsolutePath();
            passwords = "127.0.0.1:" + FreePort.find();
            certificates = "127.0.0.1:" + FreePort.find();
            made = new Certificates(directory);
            made.makeAuthority("authority");
            Files.writeString(directory.resolve("server.properties"), properties(FreePort.find(), certificate(ITSELF)));
            var format = java(
                    "kafka.tools.StorageTool",
                    "format",
                    "--cluster-id",
                    Uuid.randomUuid().toString(),
                    "--config",
                    "server.properties");
            if (format.waitFor() != 0) {
                throw new IllegalStateException("its storage could not be formatted, see " + log());
            }
            process = java("kafka.Kafka", "server.properties");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String properties(int controller, Path certificate) {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%3$d
                controller.listener.names=CONTROLLER
                listeners=PASSWORDS://%1$s,CERTIFICATES://%2$s,CONTROLLER://127.0.0.1:%3$d
                listener.security.protocol.map=PASSWORDS:SASL_SSL,CERTIFICATES:SSL,CONTROLLER:SSL
                inter.broker.listener.name=CERTIFICATES
                ssl.keystore.type=PEM
                ssl.keystore.location=%4$s
                ssl.truststore.type=PEM
                ssl.truststore.location=%5$s
                ssl.client.auth=required
                ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
                listener.name.passwords.ssl.client.auth=none
                listener.name.passwords.sasl.enabled.mechanisms=SCRAM-SHA-512
                listener.name.passwords.scram-sha-512.sasl.jaas.config=%6$s required;
                authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
                super.users=User:%7$s
                log.dirs=%8$s
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=8
                group.initial.rebalance.delay.ms=0
                """
                .formatted(
                        passwords,
                        certificates,
                        controller,
                        certificate,
                        authority(),
                        SCRAM,
                        ITSELF,
                        directory.resolve("data"));
    }

    /** Waits until it answers. */
    SecuredBroker awaitReady() {
        await("the broker, see " + log())
                .atMost(Duration.ofMinutes(2))
                .failFast("it has died", () -> !process.isAlive())
                .ignoreExceptions()
                .until(() -> {
                    try (var admin = admin()) {
                        return !admin.describeCluster()
                                .nodes()
                                .get(10, TimeUnit.SECONDS)
                                .isEmpty();
                    }
                });
        return this;
    }

    /** As the one who may do everything. */
    private Admin admin() {
        return Admin.create(Map.copyOf(byCertificate(ITSELF)));
    }

    /** Makes these topics. */
    void makeTopics(Collection<String> topics) {
        try (var admin = admin()) {
            admin.createTopics(topics.stream()
                            .map(topic -> new NewTopic(topic, 3, (short) 1))
                            .toList())
                    .all()
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Allows this. */
    void allow(Collection<AclBinding> rights) {
        try (var admin = admin()) {
            admin.createAcls(rights).all().get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives a user this password in place of the one that it had. */
    void setPassword(String user, String password) {
        try (var admin = admin()) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password)))
                    .all()
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What Kafka's clients are told to come as this user with this password. */
    Map<String, String> byPassword(String user, String password) {
        return Map.of(
                "bootstrap.servers",
                passwords,
                "security.protocol",
                "SASL_SSL",
                "sasl.mechanism",
                "SCRAM-SHA-512",
                "sasl.jaas.config",
                "%s required username=\"%s\" password=\"%s\";".formatted(SCRAM, user, password),
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.location",
                authority().toString());
    }

    /** What they are told to come as this user with its certificate. */
    Map<String, String> byCertificate(String user) {
        return Map.of(
                "bootstrap.servers",
                certificates,
                "security.protocol",
                "SSL",
                "ssl.truststore.type",
                "PEM",
                "ssl.truststore.location",
                authority().toString(),
                "ssl.keystore.type",
                "PEM",
                "ssl.keystore.location",
                certificate(user).toString());
    }

    /** The same, with its certificate in a store that has a password, as Strimzi makes it. */
    Map<String, String> byStore(String user) {
        var pem = certificate(user).toString();
        made.openssl("pkcs12", "-export", "-in", pem, "-out", user + ".p12", "-passout", "pass:" + STORE_PASSWORD);
        var told = new HashMap<>(byCertificate(user));
        told.put("ssl.keystore.type", "PKCS12");
        told.put("ssl.keystore.location", directory.resolve(user + ".p12").toString());
        told.put("ssl.keystore.password", STORE_PASSWORD);
        return told;
    }

    private Path authority() {
        return directory.resolve("authority.crt");
    }

    /** A file with that user's private key and certificate. */
    private Path certificate(String user) {
        var both = directory.resolve(user + ".pem");
        if (Files.exists(both)) {
            return both;
        }
        made.make(user, "authority", "IP:127.0.0.1");
        try {
            return Files.writeString(
                    both,
                    Files.readString(directory.resolve(user + ".key"))
                            + Files.readString(directory.resolve(user + ".crt")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process java(String... mainAndArguments) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                JARS.resolve("*").toString()));
        command.addAll(List.of(mainAndArguments));
        return LoggedProcess.of(directory, log(), command).start();
    }

    private Path log() {
        return directory.resolve("log");
    }

    @Override
    public void close() {
        ServiceProcess.end(process, 20);
    }
}
