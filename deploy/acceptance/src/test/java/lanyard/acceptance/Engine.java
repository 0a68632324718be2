package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.ContainerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.testing.RealParts;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;

/**
 * The container engine that {@code ./lanyard test} has prepared, and what it has in its store.
 *
 * @param command of the engine
 * @param environment variables with which the command is run, among others
 * @param debian the image that the others begin with
 * @param jdk the image from which they take Java
 * @param keystone the image of a Keystone
 */
record Engine(String command, Map<String, String> environment, String debian, String jdk, String keystone) {
    private static final String PREFIX = "localhost/lanyard-test";
    private static final String AGAIN = "localhost/lanyard-test-again";
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final Pattern LINE = Pattern.compile("export (\\w+)='(.*)'");

    /** Waits until the engine is prepared. Skips the test where there is none, and fails it where it could not be prepared. */
    static Engine prepared() throws IOException {
        var told = Path.of(RealParts.environment("LANYARD_TEST_ENGINE"));
        await("a container engine").atMost(PATIENCE).until(() -> Files.exists(told));
        var all = Files.readAllLines(told).stream()
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .collect(Collectors.toMap(line -> line.group(1), line -> line.group(2)));
        Assumptions.assumeFalse(all.containsKey("NONE"), all.get("NONE"));
        assertThat(all.get("FAILED")).isNull();
        return new Engine(all.get("ENGINE"), all, all.get("DEBIAN"), all.get("JDK"), all.get("KEYSTONE"));
    }

    /** Builds the services' images as an operator does. */
    Engine buildImages() {
        build(ServiceProcess.THIS_VERSION, PREFIX);
        return this;
    }

    /** The digests of what a service's image is made of. */
    List<String> layers(String service) {
        return layersOf(image(service));
    }

    /** The same, of an image that is built from another checkout. */
    List<String> layersBuiltIn(SecondCheckout checkout, String service) {
        build(checkout.directory(), AGAIN, service);
        return layersOf(AGAIN + "/" + service + ":latest");
    }

    private void build(Path checkout, String name, String... services) {
        var built = Operator.runs(
                checkout,
                environment,
                Stream.concat(
                                Stream.of(
                                        "images",
                                        "--engine=" + command,
                                        "--name=" + name,
                                        "--base=" + debian,
                                        "--jdk=" + jdk),
                                Stream.of(services))
                        .toList());
        assertThat(built.exitCode()).as(built.text()).isZero();
    }

    private static List<String> layersOf(String image) {
        return Objects.requireNonNull(Objects.requireNonNull(DockerClientFactory.instance()
                        .client()
                        .inspectImageCmd(image)
                        .exec()
                        .getRootFS())
                .getLayers());
    }

    /** Docker keeps the times of the files that it copies. */
    boolean setsTimes() {
        return command.endsWith("podman");
    }

    /** What the image of a service says of itself. */
    ContainerConfig configuration(String service) {
        return Objects.requireNonNull(DockerClientFactory.instance()
                .client()
                .inspectImageCmd(image(service))
                .exec()
                .getConfig());
    }

    /** The list of what an image is made of, out of the image itself. */
    JsonNode contents(String service) throws IOException {
        var docker = DockerClientFactory.instance().client();
        var container = docker.createContainerCmd(image(service)).exec().getId();
        try (var tar = new TarArchiveInputStream(docker.copyArchiveFromContainerCmd(container, "/lanyard/sbom.json")
                .exec())) {
            tar.getNextEntry();
            return new ObjectMapper().readTree(tar.readAllBytes());
        } finally {
            docker.removeContainerCmd(container).exec();
        }
    }

    String image(String service) {
        return PREFIX + "/" + service + ":latest";
    }
}
