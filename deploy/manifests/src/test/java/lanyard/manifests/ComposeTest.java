package lanyard.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Compose file as docker compose reads it: a field that its specification does not have is an error. */
class ComposeTest {
    private static final Path CONTAINERS = Manifests.ROOT.resolve("deploy/containers");
    private static final List<String> AROUND = List.of("kafka", "postgresql", "keystone");
    private static final List<String> ONCE = List.of("secrets", "topics", "tenants");

    private final JsonNode compose = compose();

    @Test
    void there_are_the_three_services_what_they_need_and_what_is_done_once() {
        assertThat(compose.get("services").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Stream.of(Settings.SERVICES, AROUND, ONCE, List.of("home"))
                        .flatMap(List::stream)
                        .toList());
    }

    @Test
    void a_service_can_write_to_tmp_alone_and_load_libraries_from_it() {
        for (var name : Settings.SERVICES) {
            var service = service(name);
            assertThat(service.get("read_only").asBoolean()).isTrue();
            assertThat(texts(service.get("tmpfs"))).containsExactly("/tmp:exec,size=64m");
            assertThat(service.get("volumes"))
                    .allMatch(volume -> volume.path("read_only").asBoolean());
            assertThat(texts(service.get("cap_drop"))).containsExactly("ALL");
            assertThat(texts(service.get("security_opt"))).containsExactly("no-new-privileges:true");
        }
    }

    @Test
    void whatever_goes_on_running_has_a_bound_on_its_memory_and_says_how_it_is() {
        Stream.of(Settings.SERVICES, AROUND).flatMap(List::stream).forEach(name -> {
            var service = service(name);
            assertThat(service.path("mem_limit").asLong()).as(name).isPositive();
            var command = texts(service.at("/healthcheck/test"));
            assertThat(command).as(name).first().isEqualTo("CMD");
            // Podman 4 takes such a command apart at its blanks.
            assertThat(command).as(name).noneMatch(word -> word.contains(" "));
        });
        assertThat(texts(service("provisioner").at("/healthcheck/test"))).contains("8080", "/q/health/ready");
        assertThat(texts(service("token-issuer").at("/healthcheck/test"))).contains("9000", "/q/health/ready");
        assertThat(texts(service("revoker").at("/healthcheck/test"))).contains("8080", "/q/health/ready");
    }

    @Test
    void a_service_starts_when_all_that_it_needs_is_made() {
        for (var name : Settings.SERVICES) {
            var needs = service(name).get("depends_on");
            assertThat(ONCE)
                    .allMatch(once ->
                            needs.at("/" + once + "/condition").asText().equals("service_completed_successfully"));
            assertThat(needs.at("/postgresql/condition").asText()).isEqualTo("service_healthy");
        }
        assertThat(service("topics").at("/depends_on/kafka/condition").asText()).isEqualTo("service_healthy");
        assertThat(service("tenants").at("/depends_on/keystone/condition").asText())
                .isEqualTo("service_healthy");
    }

    @Test
    void nothing_is_published_but_on_this_machine_and_of_the_door_its_own_port_alone() {
        compose.get("services").forEach(service -> service.path("ports")
                .forEach(port -> assertThat(port.get("host_ip").asText()).isEqualTo("127.0.0.1")));
        assertThat(service("token-issuer").get("ports"))
                .extracting(port -> port.get("target").asInt())
                .containsExactly(8080);
        for (var name : List.of("provisioner", "revoker", "postgresql")) {
            assertThat(service(name).has("ports")).as(name).isFalse();
        }
    }

    @Test
    void no_secret_is_in_it() {
        compose.get("services")
                .forEach(service -> assertThat(service.path("environment").fieldNames())
                        .toIterable()
                        .noneMatch(variable -> variable.matches(".*(PASSWORD|SECRET|TOKEN|KEYSTONE_DATABASE)")));
    }

    @Test
    void only_provisioner_and_token_issuer_have_the_key_ring_and_each_service_has_its_own_passwords() {
        assertThat(whoHas("key-ring")).containsExactlyInAnyOrder("provisioner", "token-issuer", "secrets");
        for (var name : Settings.SERVICES) {
            assertThat(whoHas(name)).containsExactlyInAnyOrder(name, "secrets");
            assertThat(variable(name, "LANYARD_DATABASE_USERNAME")).isEqualTo("lanyard_" + name.replace('-', '_'));
        }
        assertThat(variable("provisioner", "LANYARD_KEYSTONE_USERNAME")).isEqualTo("lanyard-provisioner");
        assertThat(variable("revoker", "LANYARD_KEYSTONE_USERNAME")).isEqualTo("lanyard-revoker");
        assertThat(service("token-issuer").get("environment").has("LANYARD_KEYSTONE_USERNAME"))
                .isFalse();
    }

    @Test
    void every_variable_is_a_setting_of_the_service() {
        for (var name : Settings.SERVICES) {
            assertThat(service(name).get("environment").fieldNames())
                    .toIterable()
                    .as(name)
                    .allMatch(variable -> Settings.known(variable, name));
        }
    }

    @Test
    void the_broker_is_of_the_version_that_the_tests_have() throws IOException {
        var pom = Files.readString(Manifests.ROOT.resolve("pom.xml"));
        var version = pom.replaceAll("(?s).*<kafka.version>(.*)</kafka.version>.*", "$1");
        assertThat(Stream.of("kafka", "topics")
                        .map(name -> service(name).get("image").asText()))
                .containsOnly("docker.io/apache/kafka:" + version);
    }

    @Test
    void the_topics_are_those_that_the_services_use_unless_told_otherwise() throws IOException {
        var made = Files.readString(CONTAINERS.resolve("compose/topics.sh"))
                .lines()
                .filter(line -> line.startsWith("topic ") && !line.contains("("))
                .map(line -> line.split(" ")[1]);
        var wanted = Stream.of("strimzi", "strimzi/notifications")
                .flatMap(directory -> Manifests.of(directory).objects().stream())
                .filter(object -> object.getKind().equals("KafkaTopic"))
                .map(object -> object.getMetadata().getName())
                .toList();

        assertThat(made).containsExactlyInAnyOrderElementsOf(wanted);
    }

    // ---- What is in it

    private static JsonNode compose() {
        try {
            return new ObjectMapper()
                    .readTree(DebianProgram.run(
                            DebianProgram.of("docker-compose"),
                            "--file",
                            CONTAINERS.resolve("compose.yaml").toString(),
                            "--profile",
                            "home",
                            "config",
                            "--format",
                            "json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode service(String name) {
        return compose.get("services").get(name);
    }

    private String variable(String service, String name) {
        return service(service).at("/environment/" + name).asText();
    }

    private List<String> whoHas(String volume) {
        return compose.get("services").properties().stream()
                .filter(service -> service.getValue()
                        .path("volumes")
                        .valueStream()
                        .anyMatch(mount -> mount.path("source").asText().equals(volume)))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asText).toList();
    }
}
