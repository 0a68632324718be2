package lanyard.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildrenTest {
    private static final List<String> SLEEPER = List.of("sh", "-c", "echo started; exec sleep 600");

    @TempDir
    Path directory;

    private Home home;
    private Ledger ledger;
    private Children children;

    @BeforeEach
    void open() {
        home = new Home(directory.resolve("home"));
        ledger = Ledger.open(home);
        children = new Children(home, ledger);
    }

    @AfterEach
    void stop() {
        children.stopStartedNow();
    }

    @Test
    void starts_and_stops_a_part_that_is_on_record() throws Exception {
        children.start("part", SLEEPER, Map.of());
        children.await(
                "part",
                Duration.ofSeconds(20),
                () -> Files.readString(home.log("part")).contains("started") ? "yes" : null);
        var process = Ledger.open(home).process("part").orElseThrow();

        assertThat(children.alive("part")).isTrue();
        assertThat(children.stop("part")).isTrue();
        assertThat(process.alive()).isFalse();
        assertThat(Ledger.open(home).processes()).isEmpty();
    }

    @Test
    void leaves_a_process_alone_that_only_has_the_same_id() throws Exception {
        var stranger = new ProcessBuilder("sleep", "600").start();
        try {
            var id = ProcessId.of(stranger.pid()).orElseThrow();
            ledger.started("part", new ProcessId(id.pid(), id.startTicks() - 1, id.boot()));

            assertThat(children.alive("part")).isFalse();
            assertThat(children.stop("part")).isFalse();
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    @Test
    void tells_the_last_error_of_a_part_that_dies() throws Exception {
        children.start("part", List.of("sh", "-c", "echo 'FATAL: no luck'; echo bye; exit 3"), Map.of());

        assertThatThrownBy(() -> children.await("part", Duration.ofSeconds(20), () -> null))
                .isInstanceOfSatisfying(Trouble.class, trouble -> assertThat(trouble.oneLine())
                        .contains("no luck")
                        .contains(home.log("part").toString()));
    }

    @Test
    void gives_a_part_none_of_the_persons_variables() throws Exception {
        children.run("tool", List.of("env"), Map.of("GIVEN", "yes"));

        assertThat(Files.readString(home.log("tool")).lines().map(line -> line.replaceFirst("=.*", "")))
                .contains("GIVEN", "PATH", "LC_ALL")
                .isSubsetOf("GIVEN", "PATH", "LC_ALL", "HOME", "TMPDIR", "TZ");
    }
}
