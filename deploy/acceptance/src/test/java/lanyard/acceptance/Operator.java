package lanyard.acceptance;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An operator at the command line, {@code ./lanyard} as it was built, with a stack's home that says where Kafka is. */
final class Operator {
    private static final Path COMMAND_LINE = ServiceProcess.THIS_VERSION.resolve("deploy/local/target");

    private final Path home;

    Operator(Lanyard lanyard) {
        this(lanyard, Map.of("bootstrap.servers", lanyard.settings.get("lanyard.kafka")));
    }

    /** @param kafka what Kafka's clients are told */
    Operator(Lanyard lanyard, Map<String, String> kafka) {
        try {
            home = Files.createTempDirectory(Path.of("target"), "home").toAbsolutePath();
            Files.writeString(
                    home.resolve("env"),
                    "export LANYARD_KAFKA='%s'%nexport LANYARD_KAFKA_CONFIG='%s'%nexport LANYARD_TOPICS_CREDENTIALS='%s'%n"
                            .formatted(
                                    kafka.get("bootstrap.servers"), ClientSettings.file(kafka), lanyard.credentials()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the operator reads, on standard output and standard error. */
    record Read(int exitCode, String text) {}

    Read runs(String... arguments) {
        return runs(
                Map.of(),
                Stream.concat(Stream.of(arguments), Stream.of("--home", home.toString()))
                        .toList());
    }

    /** What a command says that needs no stack. */
    static Read runs(Map<String, String> environment, List<String> arguments) {
        return runs(ServiceProcess.THIS_VERSION, environment, arguments);
    }

    /** The same, of what has been built in another checkout. */
    static Read runs(Path checkout, Map<String, String> environment, List<String> arguments) {
        try {
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:TieredStopAtLevel=1",
                    "-Dlanyard.checkout=" + checkout,
                    "-cp",
                    classPath(),
                    "lanyard.local.Lanyard"));
            command.addAll(arguments);
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            var process = builder.start();
            process.getOutputStream().close();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Read(process.waitFor(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String classPath() throws IOException {
        try (var jars = Files.list(COMMAND_LINE)) {
            var own = jars.map(Path::toString)
                    .filter(jar ->
                            jar.matches(".*/lanyard-local-[^/]*\\.jar") && !jar.matches(".*-(sources|tests)\\.jar"))
                    .findFirst()
                    .orElseThrow();
            return own
                    + File.pathSeparator
                    + Files.readString(COMMAND_LINE.resolve("class-path")).strip();
        }
    }
}
