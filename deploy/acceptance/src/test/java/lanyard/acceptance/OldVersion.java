package lanyard.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lanyard.common.testing.LoggedProcess;
import org.junit.jupiter.api.Assumptions;

/**
 * A version of Lanyard that operators come from, taken from this repository's history: its sources, and its services once they are built.
 * What was built is kept for the next run.
 */
record OldVersion(String name, String commit) {
    /** The revision that stands in for a release while there is none. */
    private static final Path STANDS_IN = Path.of("src/test/resources/upgrade-from");

    private static final Path KEPT = Path.of("target", "upgrade").toAbsolutePath();
    private static final long BUILD_MINUTES = 15;

    /**
     * All that were released before this one, the newest first. While there is no release, the one that stands in for it. Without a
     * history to take them from the test that asks is skipped.
     */
    static List<OldVersion> released() {
        // A history around a mere copy of the sources is not theirs.
        if (!git("rev-parse", "--show-prefix").isEmpty()) {
            Assumptions.abort(
                    "the sources are no checkout of Lanyard's repository, so there is no older version to upgrade"
                            + " from");
        }
        var tags = git(
                        "-c",
                        "versionsort.suffix=-",
                        "tag",
                        "--list",
                        "v*",
                        "--merged",
                        "HEAD",
                        "--no-contains",
                        "HEAD",
                        "--sort=-version:refname")
                .lines()
                .toList();
        return (tags.isEmpty() ? List.of(standsIn()) : tags)
                .stream()
                        .map(name -> new OldVersion(name, git("rev-parse", "--verify", name + "^{commit}")))
                        .toList();
    }

    private static String standsIn() {
        try {
            if (!Files.exists(STANDS_IN)) {
                Assumptions.abort("this clone has no tag v* of an older version: git fetch --tags --unshallow");
            }
            return Files.readString(STANDS_IN).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What git says; if it has nothing to say, the test is skipped. */
    private static String git(String... arguments) {
        var command = new ArrayList<>(List.of("git", "-C", ServiceProcess.THIS_VERSION.toString()));
        command.addAll(List.of(arguments));
        try {
            var process = new ProcessBuilder(command).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            var error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                Assumptions.abort(
                        "there is no older version to upgrade from: a clone with its full history has it (git says: %s)"
                                .formatted(error.lines().findFirst().orElse("nothing")));
            }
            return output;
        } catch (IOException e) {
            Assumptions.abort("there is no git to take an older version from: apt-get install git");
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its sources. */
    Path sources() {
        var sources = KEPT.resolve(commit);
        if (!Files.exists(sources)) {
            try {
                Files.createDirectories(KEPT);
                var unpacked = Files.createTempDirectory(KEPT, "unpacked");
                var archive = unpacked.resolve("archive.tar");
                git("archive", "--output=" + archive, commit);
                run(List.of("tar", "-xf", archive.toString()), unpacked, KEPT.resolve("tar.log"));
                Files.delete(archive);
                leaveOutErrorProne(unpacked.resolve("pom.xml"));
                Files.move(unpacked, sources);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sources;
    }

    /** Its sources were looked through when they were new; without that they compile in half the time. */
    private static void leaveOutErrorProne(Path pom) throws IOException {
        Files.writeString(pom, Files.readString(pom).replaceAll("<arg>-Xplugin:ErrorProne[^<]*</arg>", ""));
    }

    /** Its checkout, with the services built. */
    Path built() {
        var mark = sources().resolve("built");
        if (!Files.exists(mark)) {
            run(
                    List.of(
                            Path.of(System.getProperty("maven.home"), "bin", "mvn")
                                    .toString(),
                            "--batch-mode",
                            "--threads=2",
                            // What this build has downloaded need not be again.
                            "-Dmaven.repo.local=" + System.getProperty("localRepository"),
                            "-DskipTests",
                            "-Dspotless.check.skip=true",
                            "--projects=provisioner,token-issuer,revoker",
                            "--also-make",
                            "package"),
                    sources(),
                    KEPT.resolve(commit + ".log"));
            try {
                Files.createFile(mark);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sources();
    }

    private static void run(List<String> command, Path directory, Path log) {
        try {
            var process = LoggedProcess.of(directory, log, command).start();
            if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroy();
                throw new IllegalStateException("the old version can't be had, see " + log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
