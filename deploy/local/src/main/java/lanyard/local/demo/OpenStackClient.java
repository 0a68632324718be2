package lanyard.local.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanyard.local.terminal.Trouble;

/**
 * The {@code openstack} command as the distribution ships it, told nothing but a {@code clouds.yaml} in its working directory: no
 * variable of the person's shell reaches it, above all none of the admin's.
 */
final class OpenStackClient implements AutoCloseable {
    static final Path COMMAND = Path.of("/usr/bin/openstack");
    private static final JsonMapper JSON = new JsonMapper();
    private static final long LIMIT_SECONDS = 60;

    private final Path directory;

    OpenStackClient(String cloudsYaml) {
        if (!Files.isExecutable(COMMAND)) {
            throw new Trouble(COMMAND + " is missing", "apt-get install python3-openstackclient");
        }
        try {
            directory = Files.createTempDirectory("lanyard-demo-");
            // Also when the demo is interrupted. Last in is first out, so the directory is empty by then.
            for (var name : List.of("", "clouds.yaml", "output", "errors")) {
                directory.resolve(name).toFile().deleteOnExit();
            }
            var onlyTheOwner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            Files.writeString(Files.createFile(cloudsYaml(), onlyTheOwner), cloudsYaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path cloudsYaml() {
        return directory.resolve("clouds.yaml");
    }

    /** @param output the JSON on its standard output, if it is any; it may hold a token */
    record Result(int exitCode, JsonNode output, String errors) {
        @Override
        public String toString() {
            return "exit code %d %s".formatted(exitCode, errors);
        }
    }

    Result run(String... arguments) {
        var command = new ArrayList<>(List.of(COMMAND.toString(), "--os-cloud", "cluster"));
        command.addAll(List.of(arguments));
        var output = directory.resolve("output");
        var errors = directory.resolve("errors");
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", "/usr/bin:/bin",
                        "HOME", directory.toString(),
                        "LC_ALL", "C.UTF-8"));
        try {
            var process = builder.start();
            try {
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    throw new Unverified("the openstack client", "an end within %d s".formatted(LIMIT_SECONDS), "none");
                }
            } finally {
                process.destroyForcibly();
            }
            return new Result(process.exitValue(), json(Files.readString(output)), lastLine(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while the openstack client ran", "run the command again", e);
        }
    }

    private static JsonNode json(String output) {
        try {
            return JSON.readTree(output);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    private static String lastLine(Path errors) throws IOException {
        return Files.readString(errors, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .reduce("", (earlier, later) -> later)
                .strip();
    }

    @Override
    public void close() {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
