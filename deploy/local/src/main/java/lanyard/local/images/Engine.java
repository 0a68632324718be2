package lanyard.local.images;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lanyard.local.stack.Logs;
import lanyard.local.stack.Machine;
import lanyard.local.terminal.Terminal.Progress;
import lanyard.local.terminal.Trouble;

/**
 * A container engine's command line. What is built with it is in that engine's own store.
 *
 * @param command its name or path, which ends in {@code podman} if it is one
 */
public record Engine(String command) {
    private static final int WIDTH = 60;

    /** The first engine that answers. */
    public static Engine found() {
        return Stream.of("podman", "docker")
                .map(Engine::new)
                .filter(Engine::answers)
                .findFirst()
                .orElseThrow(() -> new Trouble(
                        "there is no container engine that answers: neither podman nor docker",
                        "as root: apt-get install --no-install-recommends podman runc, or start Docker"));
    }

    /** This engine, if it answers. A client without its engine does not. */
    public static Engine named(String command) {
        var engine = new Engine(command);
        if (!engine.answers()) {
            throw new Trouble(
                    "the container engine %s does not answer".formatted(command),
                    "see what `%s info` says".formatted(command));
        }
        return engine;
    }

    private boolean answers() {
        return Machine.output(command, "info").isPresent();
    }

    /**
     * Builds an image. What the engine prints is added to a log.
     *
     * @param options of the build
     * @param epochSeconds the time of all that is in it
     */
    void build(
            Path context,
            Path recipe,
            String image,
            List<String> options,
            long epochSeconds,
            Path log,
            Progress progress)
            throws IOException, InterruptedException {
        var build = new ArrayList<>(List.of(command, "build", "--file=" + recipe, "--tag=" + image, "--network=none"));
        build.addAll(
                command.endsWith("podman")
                        // A layer from its store may have the time of another commit.
                        ? List.of("--timestamp=" + epochSeconds, "--no-cache")
                        : List.of("--progress=plain", "--build-arg=SOURCE_DATE_EPOCH=" + epochSeconds));
        build.addAll(options);
        build.add(context.toString());
        int exit = Machine.run(new ProcessBuilder(build), log, line -> {
            if (!line.isBlank()) {
                var said = line.strip();
                progress.at(said.length() > WIDTH ? said.substring(0, WIDTH) : said);
            }
        });
        if (exit != 0) {
            throw new Trouble(
                    "%s could not build %s (%s)".formatted(command, image, Logs.lastError(log)), "see " + log);
        }
    }

    /** The size of an image in bytes. */
    public long size(String image) {
        return Machine.output(command, "image", "inspect", "--format={{.Size}}", image)
                .map(Long::parseLong)
                .orElseThrow(() -> new Trouble(command + " does not find " + image, "build it by ./lanyard images"));
    }
}
