package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.PlainHttp;

/** A real Prometheus, from Debian's package, that scrapes once a second. */
final class Prometheus implements AutoCloseable {
    private static final HttpClient HTTP = PlainHttp.client();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path DIRECTORY =
            Path.of("target", "prometheus").toAbsolutePath().normalize();

    private final int port;
    private final Process process;

    /** @param targets host and port of each job */
    Prometheus(Path rules, Map<String, String> targets) throws IOException, InterruptedException {
        port = FreePort.find();
        var program = program("prometheus");
        var configuration = DIRECTORY.resolve("prometheus.yaml");
        var jobs = targets.entrySet().stream()
                .map(job -> "  - {job_name: %s, metrics_path: /q/metrics, static_configs: [{targets: ['%s']}]}%n"
                        .formatted(job.getKey(), job.getValue()))
                .collect(Collectors.joining());
        Files.writeString(
                configuration,
                "global: {scrape_interval: 1s, evaluation_interval: 1s}%nrule_files: ['%s']%nscrape_configs:%n%s"
                        .formatted(rules.toAbsolutePath(), jobs));
        process = new ProcessBuilder(
                        program.toString(),
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + DIRECTORY.resolve("data-" + port),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(DIRECTORY.resolve("log").toFile())
                .start();
        await("Prometheus is ready, see " + DIRECTORY.resolve("log"))
                .atMost(Duration.ofMinutes(1))
                .failFast("Prometheus has died", () -> !process.isAlive())
                .ignoreExceptions()
                .until(() -> get("/-/ready").statusCode() == 200);
    }

    /** The series that an expression gives now; none if it gives no number yet. */
    List<JsonNode> query(String expression) throws IOException, InterruptedException {
        var response = get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        var body = JSON.readTree(response.body());
        if (response.statusCode() != 200) {
            throw new IllegalArgumentException(
                    expression + ": " + body.path("error").asText());
        }
        return body.at("/data/result").valueStream().toList();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                BodyHandlers.ofString());
    }

    /** One of the package's programs. */
    static Path program(String name) throws IOException, InterruptedException {
        return new UnpackedPackages(DIRECTORY, "prometheus").program("usr/bin/" + name);
    }

    @Override
    public void close() {
        ServiceProcess.end(process, 10);
        try (Stream<Path> data = Files.walk(DIRECTORY.resolve("data-" + port))) {
            data.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
