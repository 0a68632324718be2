package lanyard.local.stack;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What the machine is and has. */
public final class Machine {
    /** Options for a program that is to start quickly: the quick compiler alone, and the collector that needs no threads. */
    static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData");

    private Machine() {}

    static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The command that runs a Java program on the JDK that runs this one. */
    static List<String> java(List<String> options, String... program) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return join(join(List.of(java), options.toArray(String[]::new)), program);
    }

    /**
     * The options by which a program keeps an archive of its loaded classes: written when it ends for the first time, it saves
     * each later start a third of its work.
     */
    static List<String> archive(Path file) {
        return List.of(
                "-XX:SharedArchiveFile=" + file,
                "-XX:+AutoCreateSharedArchive",
                "-Xlog:cds=off,cds+dynamic=off,aot=off");
    }

    /** As {@link #java(List, String...)}, for a program that is to start quickly. */
    static List<String> quickJava(List<String> options, String... program) {
        return java(join(QUICK, options.toArray(String[]::new)), program);
    }

    /** All of these, in this order. */
    public static List<String> join(List<String> some, String... others) {
        var all = new ArrayList<>(some);
        all.addAll(List.of(others));
        return all;
    }

    /** Where a command is on the PATH. */
    static Optional<Path> command(String name) {
        return Arrays.stream(Optional.ofNullable(System.getenv("PATH"))
                        .orElse("/usr/bin:/bin")
                        .split(":"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Runs a command to its end and returns its exit code.
     *
     * @param log to which all that it prints is added
     * @param each is given every line of that as it comes
     */
    public static int run(ProcessBuilder command, Path log, Consumer<String> each)
            throws IOException, InterruptedException {
        var process = command.redirectErrorStream(true).start();
        process.getOutputStream().close();
        try (var reader = new BufferedReader(process.inputReader());
                var writer = Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            String line;
            while ((line = reader.readLine()) != null) {
                writer.write(line);
                writer.newLine();
                each.accept(line);
            }
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    /** What a short command prints, if it succeeds. */
    public static Optional<String> output(String... command) {
        try {
            var process = new ProcessBuilder(List.of(command))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(output.strip()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
