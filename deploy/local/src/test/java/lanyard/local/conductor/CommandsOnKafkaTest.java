package lanyard.local.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import lanyard.local.deadletters.DeadLettersCommand;
import lanyard.local.stack.Home;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands of the conductor and the operator, on a real broker, with the services' events made by hand. */
class CommandsOnKafkaTest {
    private static final String PROJECT = "0123456789abcdef0123456789abcdef";
    private static final String OWNER = "fedcba9876543210fedcba9876543210";

    @TempDir
    private static Path directory;

    private static final String NO_CLUSTER = "00000000-0000-0000-0000-000000000000";

    private static Broker broker;
    private static int sweeps;
    private static ECKey key;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = Broker.start(directory);
        key = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();
        var file = Files.writeString(directory.resolve("conductor.jwk"), key.toJSONString());
        new Home(directory.resolve("home"))
                .writeEnv(Map.of("LANYARD_KAFKA", broker.address(), "LANYARD_CONDUCTOR_KEY", file.toString()));
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void emitsALifeWithoutKeysAmongOtherServices() throws Exception {
        var cluster = UUID.fromString(run(
                        new EmitCommand(),
                        "create",
                        "--project",
                        PROJECT,
                        "--owner",
                        OWNER,
                        "--label",
                        "a=b",
                        "--noise",
                        "7")
                .strip());
        run(
                new EmitCommand(),
                "delete",
                "--project",
                PROJECT,
                "--owner",
                OWNER,
                "--cluster",
                cluster.toString(),
                "--outcome",
                "failure");

        var info = all("notifications.info").stream()
                .filter(r -> r.value().contains(cluster.toString()))
                .toList();
        assertThat(info).hasSize(2).allSatisfy(r -> {
            assertThat(r.key()).isNull();
            assertThat(r.headers()).isEmpty();
            assertThat(r.value()).contains("\\\"a\\\": \\\"b\\\"");
        });
        assertThat(info).extracting(ConsumerRecord::partition).doesNotHaveDuplicates();
        assertThat(all("notifications.info")).hasSizeGreaterThanOrEqualTo(9);
        assertThat(all("notifications.error")).singleElement().satisfies(r -> assertThat(r.value())
                .contains("magnum.cluster.delete"));
    }

    @Test
    void waitsForTheCredentialAndPrintsNothingButTheFile() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.failed", "{\"reason\":\"keystone-unavailable\",\"message\":\"it is tried again\"}");
        tell(cluster, "credential.ready", ready(cluster, 1, "old"));
        tell(cluster, "credential.ready", ready(cluster, 2, "s3cr3t"));
        var json = new ObjectMapper().readTree(run(new CredentialCommand(), cluster, "--format", "json"));
        assertThat(json.path("application_credential_secret").asText()).isEqualTo("s3cr3t");
        assertThat(run(new CredentialCommand(), cluster, "--format", "cloud.conf"))
                .startsWith("[Global]\n")
                .contains("\"s3cr3t\"");
    }

    @Test
    void aCredentialThatComesLaterIsWaitedFor() throws Exception {
        var cluster = UUID.randomUUID().toString();
        var waiting =
                new FutureTask<>(() -> run(new CredentialCommand(), cluster, "--format", "openrc", "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);
        tell(cluster, "credential.provisioned", provisioned(1, 1));
        tell(cluster, "credential.ready", ready(cluster, 1, "late"));
        assertThat(waiting.get()).contains("OS_APPLICATION_CREDENTIAL_SECRET='late'");
    }

    @Test
    void failureAndRevocationAreToldInsteadOfWaitedOut() throws Exception {
        var failed = UUID.randomUUID().toString();
        tell(failed, "credential.failed", "{\"reason\":\"owner-lacks-roles\",\"message\":\"the owner has no role\"}");
        assertThat(trouble(new CredentialCommand(), failed))
                .hasMessageContaining("owner-lacks-roles: the owner has no role");

        var revoked = UUID.randomUUID().toString();
        tell(revoked, "credential.ready", ready(revoked, 1, "s3cr3t"));
        tell(revoked, "credential.revoked", "{\"trusts\":1,\"trustee\":\"removed\"}");
        assertThat(trouble(new CredentialCommand(), revoked)).hasMessageContaining("was revoked");

        assertThat(trouble(new CredentialCommand(), UUID.randomUUID().toString()))
                .hasMessageContaining("no credential.ready");
    }

    @Test
    void afterARotationOnlyTheNewestCredentialIsHandedOut() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.provisioned", provisioned(1, 1));
        tell(cluster, "credential.ready", ready(cluster, 1, "old"));
        tell(cluster, "credential.provisioned", provisioned(2, 1));
        assertThat(trouble(new CredentialCommand(), cluster)).hasMessageContaining("no credential.ready");
        tell(cluster, "credential.ready", ready(cluster, 2, "new"));
        assertThat(run(new CredentialCommand(), cluster, "--format", "openrc"))
                .contains("OS_APPLICATION_CREDENTIAL_SECRET='new'");
    }

    @Test
    void aRotationOfTheClientIsAskedForOnTheBusAndWaitedForUntilItIsReadyForEveryPurpose() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.provisioned", provisioned(1, 3));
        tell(cluster, "credential.ready", ready(cluster, 1, "old"));
        var waiting = new FutureTask<>(() -> run(new RotateCommand(), cluster, "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);

        var request = awaitRequest(cluster, CredentialEvent.ROTATION);
        var event = new ObjectMapper().readTree(request.value());
        assertThat(request.key()).isEqualTo(cluster);
        assertThat(request.headers().lastHeader("content-type").value())
                .asString()
                .isEqualTo("application/cloudevents+json");
        assertThat(event.path("source").asText()).isEqualTo("/lanyard/operator");
        assertThat(event.path("subject").asText()).isEqualTo(cluster);
        assertThat(event.path("dataschema").asText()).isEqualTo("urn:lanyard:rotation.requested:1");
        assertThat(event.path("data"))
                .isEqualTo(new ObjectMapper()
                        .readTree("{\"cluster\":\"%s\",\"client\":2,\"backend\":3}".formatted(cluster)));

        // What is told of the generation before is no answer.
        tell(
                cluster,
                "credential.failed",
                "{\"client\":1,\"backend\":3,\"reason\":\"token-refused\",\"message\":\"-\"}");
        tell(cluster, "credential.ready", ready(cluster, 1, "old"));
        assertThat(waiting.isDone()).isFalse();
        tell(cluster, "credential.provisioned", provisioned(2, 3));
        tell(cluster, "credential.ready", ready(cluster, 2, "new"));
        assertThat(waiting.get())
                .startsWith("client generation 2 of cluster " + cluster + " is ready for cloud-provider");
    }

    @Test
    void aRotationOfTheBackendEndsWhenItIsProvisionedOrHasFailed() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.provisioned", provisioned(1, 1));
        var waiting = new FutureTask<>(() -> run(new RotateCommand(), cluster, "--backend", "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);
        assertThat(new ObjectMapper()
                        .readTree(
                                awaitRequest(cluster, CredentialEvent.ROTATION).value())
                        .at("/data/backend")
                        .asInt())
                .isEqualTo(2);
        tell(cluster, "credential.provisioned", provisioned(1, 2));
        assertThat(waiting.get()).startsWith("backend generation 2 of cluster " + cluster + " is provisioned");

        var failing = UUID.randomUUID().toString();
        tell(failing, "credential.provisioned", provisioned(1, 1));
        var ended = new FutureTask<>(() -> trouble(new RotateCommand(), failing, "--backend", "--timeout", "30s"));
        Thread.ofVirtual().start(ended);
        awaitRequest(failing, CredentialEvent.ROTATION);
        tell(
                failing,
                "credential.failed",
                "{\"client\":1,\"backend\":2,\"reason\":\"keystone-refused\",\"message\":\"no such role\"}");
        assertThat(ended.get()).hasMessageContaining("keystone-refused: no such role");
    }

    @Test
    void whatIsNotThereOrWasRevokedIsNotRotated() throws Exception {
        assertThat(trouble(new RotateCommand(), UUID.randomUUID().toString()))
                .hasMessageContaining("nothing to rotate");

        var revoked = UUID.randomUUID().toString();
        tell(revoked, "credential.provisioned", provisioned(1, 1));
        tell(revoked, "credential.revoked", "{\"trusts\":1,\"trustee\":\"removed\"}");
        assertThat(trouble(new RotateCommand(), revoked)).hasMessageContaining("was revoked");

        var silent = UUID.randomUUID().toString();
        tell(silent, "credential.provisioned", provisioned(1, 1));
        assertThat(trouble(new RotateCommand(), silent)).hasMessageContaining("not done");
    }

    @Test
    void whatWasToldLongerAgoThanTheTopicKeepsIsRotatedToTheGenerationThatIsGiven() throws Exception {
        var cluster = UUID.randomUUID().toString();
        var waiting =
                new FutureTask<>(() -> run(new RotateCommand(), cluster, "--generation", "4", "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);

        assertThat(new ObjectMapper()
                        .readTree(
                                awaitRequest(cluster, CredentialEvent.ROTATION).value())
                        .path("data"))
                .isEqualTo(new ObjectMapper()
                        .readTree("{\"cluster\":\"%s\",\"client\":4,\"backend\":1}".formatted(cluster)));
        tell(cluster, "credential.provisioned", provisioned(4, 2));
        tell(cluster, "credential.ready", ready(cluster, 4, "new"));
        assertThat(waiting.get()).startsWith("client generation 4 of cluster " + cluster + " is ready");

        assertThat(trouble(new RotateCommand(), cluster, "--generation", "4"))
                .hasMessageContaining("generation 4 already");
        assertThat(trouble(new RotateCommand(), cluster, "--generation", "2000"))
                .hasMessageContaining("beyond what was told");
    }

    @Test
    void anotherAttemptIsAskedForOnTheBusAndWaitedFor() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.failed", "{\"reason\":\"owner-has-no-role\",\"message\":\"grant one\"}");
        var waiting = new FutureTask<>(() -> run(new RetryCommand(), cluster, "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);

        var event = new ObjectMapper()
                .readTree(awaitRequest(cluster, CredentialEvent.RETRY).value());
        assertThat(event.path("source").asText()).isEqualTo("/lanyard/operator");
        assertThat(event.path("dataschema").asText()).isEqualTo("urn:lanyard:retry.requested:1");
        assertThat(event.path("data").toString()).isEqualTo("{\"cluster\":\"%s\"}".formatted(cluster));

        // Its clients have nothing yet.
        tell(cluster, "credential.provisioned", provisioned(1, 1));
        assertThat(waiting.isDone()).isFalse();
        tell(cluster, "credential.ready", ready(cluster, 1, "s3cr3t"));
        assertThat(waiting.get()).contains(cluster, "credential.ready").doesNotContain("s3cr3t");

        // Now they have, and keep it: nothing more will be told.
        var again = new FutureTask<>(() -> run(new RetryCommand(), cluster, "--timeout", "30s"));
        Thread.ofVirtual().start(again);
        awaitRetries(cluster, 2);
        tell(cluster, "credential.provisioned", provisioned(1, 2));
        assertThat(again.get()).contains("credential.provisioned");
    }

    @Test
    void anAttemptThatFailsAgainAndOneOfWhichNothingIsToldAreSaidToBe() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.failed", "{\"reason\":\"owner-has-no-role\",\"message\":\"grant one\"}");
        assertThat(trouble(new RetryCommand(), cluster))
                .hasMessageContaining("nothing was told")
                .hasMessageContaining("owner-has-no-role: grant one");

        var ended = new FutureTask<>(() -> trouble(new RetryCommand(), cluster, "--timeout", "30s"));
        Thread.ofVirtual().start(ended);
        awaitRetries(cluster, 2);
        tell(cluster, "credential.failed", "{\"reason\":\"project-gone\",\"message\":\"delete it\"}");
        assertThat(ended.get()).hasMessageContaining("failed again: project-gone: delete it");
    }

    @Test
    void clustersOfWhichAFailureWasToldLastAreListed() throws Exception {
        var failed = UUID.randomUUID().toString();
        var mended = UUID.randomUUID().toString();
        var going = UUID.randomUUID().toString();
        tell(failed, "credential.failed", "{\"reason\":\"project-gone\",\"message\":\"delete\\u001b[31m it\"}");
        tell(mended, "credential.failed", "{\"reason\":\"owner-has-no-role\",\"message\":\"grant one\"}");
        tell(mended, "credential.ready", ready(mended, 1, "s3cr3t"));
        tell(going, "credential.failed", "{\"reason\":\"deleted-meanwhile\",\"message\":\"-\"}");

        assertThat(run(new RetryCommand()))
                .contains(failed + "  project-gone: delete?[31m it")
                .doesNotContain(mended, going);
    }

    @Test
    void deadLettersAreListedAndWhatTheyAreAboutIsShownAndReplayed() throws Exception {
        var body = "{\"oslo\":\"\u001b[31mred\u009b\"}\n".getBytes(StandardCharsets.UTF_8);
        var about = refused("notifications.info", "k\u0007", body);
        letter(about, body.length, "bad-envelope", "no\u001b[2J envelope");

        var line = run(new DeadLettersCommand())
                .lines()
                .filter(one -> one.contains(place(about)))
                .toList();
        assertThat(line)
                .singleElement()
                .asString()
                .contains("revoker", body.length + " bytes", "bad-envelope: no?[2J envelope");
        var json =
                run(new DeadLettersCommand(), "--json", "--last", "1").lines().toList();
        assertThat(json).hasSize(1);
        assertThat(new ObjectMapper().readTree(json.getFirst()).path("topic").asText())
                .isEqualTo("notifications.info");

        assertThat(run(new DeadLettersCommand(), arguments("show", about)).lines())
                .containsExactly(
                        "key: k\\u{7}", "header: kind = \\u{0}\\xff", "{\"oslo\":\"\\u{1b}[31mred\\u{9b}\"}\\u{a}");

        run(new DeadLettersCommand(), arguments("replay", about));
        var replayed = bytes("notifications.info").stream()
                .filter(one -> Arrays.equals(body, one.value()))
                .toList();
        assertThat(replayed).hasSize(2).allSatisfy(one -> {
            assertThat(one.partition()).isEqualTo(about.partition());
            assertThat(one.key()).asString(StandardCharsets.UTF_8).isEqualTo("k\u0007");
            assertThat(one.headers().lastHeader("kind").value()).isEqualTo(new byte[] {0, -1});
        });
    }

    @Test
    void onlyTheVeryMessageThatALetterIsAboutIsShownOrReplayed() throws Exception {
        var told = refused("notifications.info", null, new byte[100]);
        letter(told, 101, "not-json", "-");
        assertThat(trouble(new DeadLettersCommand(), arguments("replay", told)))
                .hasMessageContaining("another message")
                .hasMessageContaining("100 bytes");

        var silent = refused("notifications.info", null, new byte[100]);
        assertThat(trouble(new DeadLettersCommand(), arguments("show", silent)))
                .hasMessageContaining("no dead letter is about");

        var elsewhere = refused("lanyard.dead-letters", null, new byte[100]);
        letter(elsewhere, 100, "not-json", "-");
        assertThat(trouble(new DeadLettersCommand(), arguments("replay", elsewhere)))
                .hasMessageContaining("do not read");

        var pruned = refused("notifications.error", null, new byte[100]);
        letter(pruned, 100, "not-json", "-");
        try (var admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(pruned.topic(), pruned.partition()),
                            RecordsToDelete.beforeOffset(pruned.offset() + 1)))
                    .all()
                    .get();
        }
        assertThat(trouble(new DeadLettersCommand(), arguments("replay", pruned)))
                .hasMessageContaining("does not keep what was at");
    }

    /** A message that a service refused. */
    private static RecordMetadata refused(String topic, String key, byte[] body) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            var message = new ProducerRecord<>(topic, key, body);
            message.headers().add("kind", new byte[] {0, -1});
            return producer.send(message).get();
        }
    }

    private static void letter(RecordMetadata about, int bytes, String reason, String detail) throws Exception {
        var letter = new ObjectMapper()
                .createObjectNode()
                .put("service", "revoker")
                .put("topic", about.topic())
                .put("partition", about.partition())
                .put("offset", about.offset())
                .put("bytes", bytes)
                .put("reason", reason)
                .put("detail", detail);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>("lanyard.dead-letters", letter.toString()))
                    .get();
        }
    }

    private static String place(RecordMetadata about) {
        return about.topic() + " " + about.partition() + " " + about.offset();
    }

    private static String[] arguments(String command, RecordMetadata about) {
        return new String[] {command, about.topic(), String.valueOf(about.partition()), String.valueOf(about.offset())};
    }

    @Test
    void aSweepIsAskedForOnTheBusAndWhatCameOfItIsTold() throws Exception {
        var waiting = new FutureTask<>(() -> run(new SweepCommand(), "--dry-run", "--timeout", "30s"));
        Thread.ofVirtual().start(waiting);
        var request = awaitSweep();
        var event = new ObjectMapper().readTree(request.value());
        assertThat(request.key()).isEqualTo(NO_CLUSTER);
        assertThat(event.path("subject").asText()).isEqualTo(NO_CLUSTER);
        assertThat(event.path("source").asText()).isEqualTo("/lanyard/operator");
        assertThat(event.path("dataschema").asText()).isEqualTo("urn:lanyard:sweep.requested:1");
        assertThat(event.at("/data/cluster").asText()).isEqualTo(NO_CLUSTER);
        assertThat(event.at("/data/dry").asBoolean()).isTrue();

        // What answers another request is no answer.
        tell(NO_CLUSTER, "sweep.finished", swept("another", "failed", ""));
        tell(NO_CLUSTER, "sweep.finished", swept(event.at("/data/request").asText(), "done", ""));

        assertThat(waiting.get().lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("40 users and trusts", "2 are foreign", "orphans:"),
                        line -> assertThat(line).contains("trustee   of cluster 913b9b74", "would be removed"),
                        line -> assertThat(line).contains("custodian of project p?1", "to be removed from 2999-"),
                        line -> assertThat(line).contains("and 3 more"));
    }

    @Test
    void aSweepThatIsRefusedSaysWhyAndOneThatNobodyAnswersEnds() throws Exception {
        var refused = new FutureTask<>(() -> trouble(new SweepCommand(), "--timeout", "30s"));
        Thread.ofVirtual().start(refused);
        var request = new ObjectMapper().readTree(awaitSweep().value());
        assertThat(request.at("/data/dry").asBoolean()).isFalse();
        tell(
                NO_CLUSTER,
                "sweep.finished",
                swept(request.at("/data/request").asText(), "too-many", "\"message\":\"raise LANYARD_SWEEP_SHARE\","));
        assertThat(refused.get()).isInstanceOfSatisfying(Trouble.class, trouble -> assertThat(trouble.oneLine())
                .isEqualTo("nothing was removed (too-many): raise LANYARD_SWEEP_SHARE"));

        assertThat(trouble(new SweepCommand(), "--timeout", "1s")).hasMessageContaining("no revoker has answered");
        awaitSweep();
    }

    @Test
    void showsEventsOfOneClusterAndStopsAtTheEnd() throws Exception {
        var cluster = UUID.randomUUID().toString();
        tell(cluster, "credential.ready", ready(cluster, 1, "s3cr3t"));
        tell(cluster, "credential.revoked", "{\"trusts\":1,\"trustee\":\"removed\"}");
        var lines = run(new EventsCommand(), "--cluster", cluster.substring(0, 8))
                .lines()
                .toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).contains(cluster, "credential.ready", "sealed to conductor (eyJ");
        assertThat(lines.getLast()).contains("trusts removed: 1");

        var json =
                run(new EventsCommand(), "--cluster", cluster, "--json").lines().toList();
        assertThat(new ObjectMapper()
                        .readTree(json.getFirst())
                        .at("/data/sealed/0/recipient")
                        .asText())
                .isEqualTo("conductor");
    }

    private static String ready(String cluster, int generation, String secret) throws Exception {
        var inside =
                """
                {"cluster":"%s","project":"%s","purpose":"cloud-provider","generation":%d,"auth_url":"http://127.0.0.1:1/v3",
                 "application_credential_id":"id","application_credential_secret":"%s"}"""
                        .formatted(cluster, PROJECT, generation, secret);
        return "{\"purpose\":\"cloud-provider\",\"generation\":%d,\"sealed\":[{\"recipient\":\"conductor\",\"jwe\":\"%s\"}]}"
                .formatted(
                        generation, ConductorKeyTest.seal(inside, JWEAlgorithm.ECDH_ES_A256KW, new ECDHEncrypter(key)));
    }

    private static String provisioned(int client, int backend) {
        return """
                {"client":{"generation":%d,"key":"k1"},"backend":{"generation":%d,"key":"k1"},"delegation":"project-trust",
                 "grants":[{"purpose":"cloud-provider","trust":"t","trustee":"per-cluster","roles":["member"]}]}"""
                .formatted(client, backend);
    }

    private static String swept(String request, String outcome, String message) {
        return """
                {"cluster":"%s","request":"%s","dry":true,"outcome":"%s",%s"ours":40,"foreign":2,"most":10,"orphans":[
                 {"kind":"trustee","id":"u1","of":"913b9b74-c3ab-420c-90b4-1b22c1911a93","since":"2026-11-20T08:00:00Z",
                  "due":"2026-11-21T08:00:00Z","fate":"due"},
                 {"kind":"custodian","id":"u2","of":"p\\u001b1","since":"2026-11-20T08:00:00Z",
                  "due":"2999-11-21T12:00:00Z","fate":"waiting"}],"more":3}"""
                .formatted(NO_CLUSTER, request, outcome, message);
    }

    private static ConsumerRecord<String, String> awaitRequest(String cluster, String type)
            throws InterruptedException {
        return await(cluster, type, 1);
    }

    private static void awaitRetries(String cluster, int times) throws InterruptedException {
        await(cluster, CredentialEvent.RETRY, times);
    }

    /** One more than there were. */
    private static ConsumerRecord<String, String> awaitSweep() throws InterruptedException {
        return await(NO_CLUSTER, "sweep.requested", ++sweeps);
    }

    private static ConsumerRecord<String, String> await(String cluster, String type, int number)
            throws InterruptedException {
        for (int i = 0; i < 300; i++) {
            var found = all(CredentialEvents.TOPIC).stream()
                    .filter(one -> cluster.equals(one.key()) && one.value().contains(type))
                    .toList();
            if (found.size() >= number) {
                return found.get(number - 1);
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new AssertionError("there is no " + type);
    }

    private static void tell(String cluster, String type, String data) throws Exception {
        var event =
                "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/lanyard/test\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"2026-12-01T08:00:00Z\",\"data\":%s}"
                        .formatted(UUID.randomUUID(), type, cluster, data);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(CredentialEvents.TOPIC, cluster, event))
                    .get();
        }
    }

    private static Throwable trouble(Callable<Integer> command, String cluster) {
        return trouble(command, cluster, "--timeout", "1s");
    }

    private static Throwable trouble(Callable<Integer> command, String... arguments) {
        var thrown = new ArrayList<Throwable>();
        var line = new CommandLine(command).setExecutionExceptionHandler((e, commandLine, result) -> {
            thrown.add(e);
            return 1;
        });
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--home", directory.resolve("home").toString()));
        assertThat(line.execute(all.toArray(String[]::new))).isEqualTo(1);
        assertThat(thrown).singleElement().isInstanceOf(Trouble.class);
        return thrown.getFirst();
    }

    /** What the command wrote to standard output. One at a time, since the process has only one. */
    private static synchronized String run(Callable<Integer> command, String... arguments) {
        var real = System.out;
        var written = new ByteArrayOutputStream();
        System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            var all = new ArrayList<>(List.of(arguments));
            all.addAll(List.of("--home", directory.resolve("home").toString()));
            assertThat(new CommandLine(command).execute(all.toArray(String[]::new)))
                    .isZero();
        } finally {
            System.setOut(real);
        }
        return written.toString(StandardCharsets.UTF_8);
    }

    private static List<ConsumerRecord<String, String>> all(String topic) {
        return all(topic, new StringDeserializer());
    }

    private static List<ConsumerRecord<byte[], byte[]>> bytes(String topic) {
        return all(topic, new ByteArrayDeserializer());
    }

    private static <T> List<ConsumerRecord<T, T>> all(String topic, Deserializer<T> deserializer) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()), deserializer, deserializer)) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var end = consumer.endOffsets(partitions);
            List<ConsumerRecord<T, T>> records = new ArrayList<>();
            while (end.entrySet().stream().anyMatch(p -> consumer.position(p.getKey()) < p.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }
}
