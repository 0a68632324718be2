package lanyard.local.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's command line, as far as it can be had without an engine: what it is told, and what is made of what it says. */
class EngineTest {
    @TempDir
    private Path directory;

    @Test
    void isToldTheRecipeTheContextAndTheTimeOfAllThatIsInTheImage() throws Exception {
        var progress = new ArrayList<String>();

        engine("podman", "printf '%s\\n' \"$@\"")
                .build(
                        directory,
                        Path.of("Containerfile"),
                        "lanyard/revoker:1",
                        List.of("--build-arg=SERVICE=revoker"),
                        1_700_000_000L,
                        directory.resolve("log"),
                        progress::add);

        assertThat(Files.readAllLines(directory.resolve("log")))
                .containsExactly(
                        "build",
                        "--file=Containerfile",
                        "--tag=lanyard/revoker:1",
                        "--network=none",
                        "--timestamp=1700000000",
                        "--no-cache",
                        "--build-arg=SERVICE=revoker",
                        directory.toString());
        assertThat(progress).contains("--timestamp=1700000000");
    }

    @Test
    void dockerIsToldTheTimeInItsOwnWay() throws Exception {
        engine("docker", "printf '%s\\n' \"$@\"")
                .build(
                        directory,
                        Path.of("Containerfile"),
                        "lanyard/revoker:1",
                        List.of(),
                        1_700_000_000L,
                        directory.resolve("log"),
                        detail -> {});

        assertThat(Files.readAllLines(directory.resolve("log")))
                .contains("--build-arg=SOURCE_DATE_EPOCH=1700000000")
                .doesNotContain("--timestamp=1700000000");
    }

    @Test
    void aBuildThatFailsSaysWhyInItsLastWordsAndWhereTheRestIs() throws IOException {
        var failing = engine("podman", "echo STEP 1; echo 'no space left on device' >&2; exit 125");

        assertThatThrownBy(() -> failing.build(
                        directory,
                        Path.of("Containerfile"),
                        "lanyard/revoker:1",
                        List.of(),
                        0,
                        directory.resolve("log"),
                        detail -> {}))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("could not build lanyard/revoker:1 (no space left on device)")
                .extracting(trouble -> ((Trouble) trouble).whatToDo())
                .isEqualTo("see " + directory.resolve("log"));
    }

    @Test
    void aClientWithoutItsEngineDoesNotCount() throws IOException {
        var client = engine("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
                .command();

        assertThatThrownBy(() -> Engine.named(client))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining("does not answer");
        assertThatThrownBy(() -> Engine.named(directory.resolve("none").toString()))
                .isInstanceOf(Trouble.class);
        assertThat(Engine.named(engine("podman", "echo host").command()).command())
                .endsWith("podman");
    }

    private Engine engine(String name, String script) throws IOException {
        var file = directory.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return new Engine(file.toString());
    }
}
