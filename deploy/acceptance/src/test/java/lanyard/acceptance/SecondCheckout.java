package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;
import lanyard.common.testing.LoggedProcess;
import org.junit.jupiter.api.Assumptions;

/**
 * This version's sources in another directory, with one service built there from them alone.
 *
 * @param root has the checkout and what is of use beside it
 */
record SecondCheckout(Path root) {
    /** Without a history there is no time for what is in the image, and the test that asks is skipped. */
    static SecondCheckout of(String service, Path root) throws IOException, InterruptedException {
        var second = new SecondCheckout(root);
        var here = ServiceProcess.THIS_VERSION;
        Assumptions.assumeTrue(
                run(here, root.resolve("git.log"), List.of("git", "rev-parse", "--verify", "HEAD")) == 0,
                "the sources are no checkout of a repository");
        second.runs(
                here,
                "git",
                "clone",
                "--quiet",
                here.toString(),
                second.directory().toString());
        // What is not committed yet is of this version too.
        var listed = root.resolve("files");
        assertThat(run(here, listed, List.of("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")))
                .isZero();
        for (var file : Files.readString(listed).split("\0")) {
            var copy = second.directory().resolve(file);
            if (Files.exists(here.resolve(file))) {
                Files.createDirectories(copy.getParent());
                Files.copy(
                        here.resolve(file),
                        copy,
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.COPY_ATTRIBUTES);
            } else {
                Files.deleteIfExists(copy);
            }
        }
        second.runs(
                second.directory(),
                Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(),
                "--batch-mode",
                "-Dmaven.repo.local=" + System.getProperty("localRepository"),
                "-DskipTests",
                "-Dspotless.check.skip=true",
                "-Dcyclonedx.skip=false",
                "--projects=" + service,
                "--also-make",
                "package");
        return second;
    }

    Path directory() {
        return root.resolve("checkout");
    }

    /** The files of a service that is built, and what is in its jars, each with its content's checksum. */
    static Set<String> built(Path checkout, String service) throws IOException {
        var directory = checkout.resolve(service).resolve("target/quarkus-app");
        var built = new TreeSet<String>();
        try (var files = Files.walk(directory)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var name = directory.relativize(file).toString();
                var checksum = new CRC32();
                checksum.update(Files.readAllBytes(file));
                built.add("%s %08x".formatted(name, checksum.getValue()));
                if (name.endsWith(".jar")) {
                    try (var jar = new ZipFile(file.toFile())) {
                        jar.stream()
                                .map(entry -> "%s!%s %08x".formatted(name, entry.getName(), entry.getCrc()))
                                .forEach(built::add);
                    }
                }
            }
        }
        return built;
    }

    private void runs(Path directory, String... command) throws IOException, InterruptedException {
        var log = root.resolve("log");
        int exit = run(directory, log, List.of(command));
        assertThat(exit).as(() -> read(log)).isZero();
    }

    private static int run(Path directory, Path output, List<String> command) throws IOException, InterruptedException {
        return LoggedProcess.of(directory, output, command).start().waitFor();
    }

    private static String read(Path log) {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
