package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.PlainHttp;

/** One of the services as an operator runs it: the packaged program, in a process of its own. */
final class ServiceProcess implements AutoCloseable {
    /** The checkout that is being tested. */
    static final Path THIS_VERSION = Path.of("..", "..").toAbsolutePath().normalize();

    private static final HttpClient HTTP = PlainHttp.client();
    private static final int PATIENCE_SECONDS = 30;

    private final Path program;
    private final String service;
    private final Map<String, String> settings;
    private final Path log;
    private final Path archive;
    private final int port = FreePort.find();
    private final int healthPort;
    private Process process;

    /**
     * @param checkout in which the service was built
     * @param module the directory in it
     */
    ServiceProcess(Path checkout, String module, Map<String, String> settings) {
        this.program = checkout.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
        this.service = program.getName(program.getNameCount() - 4).toString();
        this.settings = new HashMap<>(settings);
        // The door has a port of its own for health and metrics, which no cluster is to reach.
        this.healthPort = service.equals("token-issuer") ? FreePort.find() : port;
        this.log = Path.of("target", "logs", service + "-" + port + ".log").toAbsolutePath();
        // One for each version. The JVM writes it to a new file, its header last, so two that end at the same time do
        // no harm.
        this.archive = log.resolveSibling(service + "-" + checkout.getFileName() + ".jsa");
    }

    /** A setting of ours by its property, or any other by its variable. */
    ServiceProcess set(String setting, String value) {
        settings.put(setting, value);
        return this;
    }

    Map<String, String> settings() {
        return settings;
    }

    /** Starts the service and waits until it says that it is ready. */
    ServiceProcess start() {
        return launch().awaitReady();
    }

    /** Starts the service. */
    ServiceProcess launch() {
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Kept by the first that ends, for all that start after it.
                "-XX:SharedArchiveFile=" + archive,
                "-XX:+AutoCreateSharedArchive",
                "-Xlog:cds=off,cds+dynamic=off,aot=off",
                "-jar",
                program.toString());
        // The test's own environment names other databases and topics.
        builder.environment().keySet().removeIf(name -> name.startsWith("LANYARD_") || name.startsWith("OS_"));
        // The log is read for secrets afterwards: make it tell as much as it can.
        builder.environment().put("QUARKUS_LOG_CATEGORY__LANYARD__LEVEL", "TRACE");
        builder.environment().put("QUARKUS_LOG_CATEGORY__ORG_OPENSTACK4J__LEVEL", "TRACE");
        settings.forEach((name, value) -> builder.environment().put(variable(name), value));
        builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
        builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        if (healthPort != port) {
            builder.environment().put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
            builder.environment().put("QUARKUS_MANAGEMENT_PORT", Integer.toString(healthPort));
        }
        builder.redirectErrorStream(true);
        try {
            Files.createDirectories(log.getParent());
            process = builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Waits until it says that it is ready. */
    ServiceProcess awaitReady() {
        await(service + " is ready, see " + log)
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(200))
                .failFast(service + " has died, see " + log, () -> !process.isAlive())
                .until(this::isReady);
        return this;
    }

    /** Whether it says that it is ready. */
    boolean isReady() {
        try {
            return get("/q/health/ready").statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Asks the service; what begins with {@code /q/} is its health or its metrics. */
    HttpResponse<String> get(String path) {
        var base = path.startsWith("/q/") ? "http://127.0.0.1:" + healthPort : url();
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Where its health and metrics are: host and port. */
    String metrics() {
        return "127.0.0.1:" + healthPort;
    }

    /** Which service it is. */
    String name() {
        return service;
    }

    String setting(String name) {
        return settings.get(name);
    }

    @Override
    public String toString() {
        return service + " at " + port;
    }

    Path log() {
        return log;
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** How much CPU the service has used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** Ends the service as a lost machine would: at once, in the middle of whatever it does. */
    void kill() {
        process.destroyForcibly();
        end(process, PATIENCE_SECONDS);
    }

    /** Ends the service as an operator would. */
    @Override
    public void close() {
        if (process != null) {
            end(process, PATIENCE_SECONDS);
        }
    }

    /** Ends a process as an operator would, and by force if it has not ended after so many seconds. */
    static void end(Process process, int seconds) {
        process.destroy();
        try {
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }
}
