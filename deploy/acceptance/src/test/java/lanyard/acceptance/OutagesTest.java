package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code ./lanyard bench outages}, small: a stack of its own, two replicas of each service, an outage of each kind. */
class OutagesTest {
    private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
    private static final Path BENCHMARKS = ROOT.resolve("deploy/benchmarks/target");
    private static final String OUTAGES = String.join(
            ",",
            "provisioner-killed-after-a-trust",
            "revoker-killed-after-a-trust",
            "kafka-killed",
            "database-crashed",
            "database-restored",
            "keystone-mute",
            "revoker-without-database",
            "token-issuer-without-kafka");
    private static final long LIMIT_MINUTES = 20;

    @Test
    void whateverIsUnpluggedNoClusterIsLostAndNothingIsLeftOfOneThatIsGone() throws Exception {
        var log = Path.of("target", "logs", "outages.log").toAbsolutePath();
        Files.createDirectories(log.getParent());
        var process = process(log).start();
        try {
            assertThat(process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES))
                    .as("it comes to an end, see %s", log)
                    .isTrue();
        } finally {
            // Takes its stack along.
            process.destroy();
        }
        var said = Files.readString(log);

        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).contains("0 lost, 0 duplicated, 0 orphaned");
    }

    private static ProcessBuilder process(Path log) throws IOException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-Dlanyard.checkout=" + ROOT,
                        "-cp",
                        classPath(),
                        "lanyard.local.Lanyard",
                        "bench",
                        "outages",
                        "--clusters=3",
                        "--hold=5",
                        "--overlap",
                        "--only=" + OUTAGES,
                        "--home=" + Path.of("target", "outages").toAbsolutePath())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        // The test's own environment names the parts of another stack.
        builder.environment().keySet().removeIf(name -> name.startsWith("LANYARD_") || name.startsWith("OS_"));
        return builder;
    }

    private static String classPath() throws IOException {
        try (var jars = Files.list(BENCHMARKS)) {
            var own = jars.map(Path::toString)
                    .filter(jar -> jar.matches(".*/lanyard-benchmarks-[^/]*\\.jar") && !jar.endsWith("-sources.jar"))
                    .toList();
            assertThat(own).as("the packaged benchmarks").hasSize(1);
            return String.join(
                    File.pathSeparator,
                    List.of(
                            own.getFirst(),
                            Files.readString(BENCHMARKS.resolve("class-path")).strip()));
        }
    }
}
