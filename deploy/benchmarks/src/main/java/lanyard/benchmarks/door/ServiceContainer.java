package lanyard.benchmarks.door;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.local.images.Engine;
import lanyard.local.stack.Home;
import lanyard.local.stack.Machine;
import lanyard.local.stack.Stack;
import lanyard.local.terminal.Trouble;

/**
 * A service of the stack in a container, with the settings, the files and the ports that its process had: read-only, without
 * capabilities, with so much memory and no more.
 */
final class ServiceContainer {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String service;
    private final String engine;
    private final List<String> run;
    private final URI ready;

    private ServiceContainer(String service, String engine, List<String> run, URI ready) {
        this.service = service;
        this.engine = engine;
        this.run = run;
        this.ready = ready;
    }

    /** Ends the service's process; the container is not started yet. */
    static ServiceContainer insteadOf(Engine engine, String image, String memory, Home home, String service)
            throws IOException {
        var process = Stack.process(home, service);
        if (process == null) {
            throw new Trouble("the service " + service + " has ended", "look at " + home.log(service));
        }
        // Where the files of the home are, whose owner alone may read them.
        var variables = home.file(service + ".variables");
        Files.writeString(variables, environment(process));
        Stack.stop(home, service);
        var run = List.of(
                engine.command(),
                "run",
                "--detach",
                "--name=" + name(service),
                "--network=host",
                "--read-only",
                "--tmpfs=/tmp:exec",
                "--cap-drop=ALL",
                "--memory=" + memory,
                "--user=" + Files.getAttribute(home.directory(), "unix:uid"),
                "--env-file=" + variables,
                "--volume=%1$s:%1$s:ro".formatted(home),
                image);
        var health = home.env("LANYARD_%s_HEALTH_URL"
                .formatted(service.toUpperCase(Locale.ROOT).replace('-', '_')));
        return new ServiceContainer(service, engine.command(), run, URI.create(health + "/q/health/ready"));
    }

    private static String name(String service) {
        return "lanyard-bench-" + service;
    }

    private static String environment(ProcessHandle process) throws IOException {
        var all = Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.UTF_8);
        return Stream.of(all.split("\0"))
                .filter(variable -> variable.startsWith("LANYARD_") || variable.startsWith("QUARKUS_"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    String service() {
        return service;
    }

    /** Starts it. Returns after how long it said that it was ready. */
    Duration start() {
        long begun = System.nanoTime();
        if (Machine.output(run.toArray(String[]::new)).isEmpty()) {
            throw new Trouble("%s does not start %s".formatted(engine, name(service)), "try it by hand");
        }
        while (!isReady()) {
            if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                throw new Trouble(service + " is not ready", "see `%s logs %s`".formatted(engine, name(service)));
            }
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private boolean isReady() {
        try {
            Thread.sleep(POLL);
            return HTTP.send(HttpRequest.newBuilder(ready).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new Trouble("interrupted", "run it again", e);
        }
    }

    /** Bytes that it has of the machine's memory now. */
    long resident() {
        return status("VmRSS:");
    }

    /** The most that it ever had. */
    long highest() {
        return status("VmHWM:");
    }

    private long status(String field) {
        var pid = Machine.output(engine, "inspect", "--format={{.State.Pid}}", name(service))
                .orElseThrow(() -> new Trouble(service + " has ended", "run it again"));
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new Trouble(service + " has ended", "see `%s logs %s`".formatted(engine, name(service)), e);
        }
    }

    /** Ends it and removes it, if it is there. */
    void remove() {
        // In order: whoever joins Kafka's group after one that was killed waits for that one's session to end.
        Machine.output(engine, "stop", name(service));
        Machine.output(engine, "rm", "--force", name(service));
    }
}
