package lanyard.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Other people's programs, as the distribution ships them. No variable of the test's own environment reaches them. */
final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path RESOURCES = Path.of("src/test/resources/clients").toAbsolutePath();
    private static final long LIMIT_SECONDS = 120;

    private Client() {}

    /** What a program has said; its output may hold a token. */
    record Said(int exitCode, String output) {
        JsonNode json() {
            try {
                return JSON.readTree(output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return "exit code " + exitCode;
        }
    }

    /** Runs {@code openstack} with these variables. */
    static Said openstack(Map<String, String> variables, String... arguments) {
        var command = new ArrayList<>(List.of("/usr/bin/openstack"));
        command.addAll(List.of(arguments));
        return run(command, variables, "");
    }

    /** Runs a program to its end. */
    static Said run(List<String> command, Map<String, String> variables, String input) {
        try {
            var process = builder(command, variables).start();
            try (var in = process.outputWriter()) {
                in.write(input);
            }
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command.getFirst() + " does not end");
            }
            return new Said(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where a file of ours is that such a program is to read. */
    static Path resource(String name) {
        return RESOURCES.resolve(name);
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> variables) {
        var home = new File("target/client").getAbsoluteFile();
        if (!home.isDirectory() && !home.mkdirs()) {
            throw new IllegalStateException("no directory for clients");
        }
        var builder = new ProcessBuilder(command).directory(home).redirectError(new File("target/client/errors"));
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "HOME", home.toString(), "LC_ALL", "C.UTF-8"));
        builder.environment().putAll(variables);
        return builder;
    }

    /** A connection of openstacksdk that lasts. */
    static final class Session implements AutoCloseable {
        private final Process process;
        private final BufferedWriter in;
        private final BufferedReader out;

        /** @param login what {@code openstack.connect} takes */
        Session(JsonNode login) {
            try {
                process = builder(
                                List.of(
                                        "/usr/bin/python3",
                                        resource("session.py").toString()),
                                Map.of())
                        .start();
                in = process.outputWriter();
                out = process.inputReader();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            write(login.toString());
        }

        /** What it was answered: its projects, what its token is for and the token's digest, or an error with its message. */
        JsonNode projects() {
            return call("projects");
        }

        /** Gives its token back. */
        JsonNode revoke() {
            return call("revoke");
        }

        private JsonNode call(String what) {
            write(what);
            try {
                return JSON.readTree(out.readLine());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void write(String line) {
            try {
                in.write(line);
                in.newLine();
                in.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
