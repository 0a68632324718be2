package lanyard.local.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import lanyard.local.stack.Home;
import lanyard.local.stack.Machine;
import lanyard.local.stack.Parts;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lanyard images}. */
@Command(
        name = "images",
        description = "Build the container images of the services and of the bridge from RabbitMQ.",
        footer = {
            "",
            "An image has Java, the service, an archive of its classes as they are once it has started, and the list of its libraries"
                    + " (CycloneDX, /lanyard/sbom.json). It runs as nobody in particular, on a read-only root file system."
                    + " It is in the engine's own store afterwards; the engine pulls the two images that it begins with"
                    + " if it does not have them (deploy/containers/Containerfile).",
        })
public final class ImagesCommand implements Callable<Integer> {
    private static final double MIB = 1 << 20;
    private static final String BRIDGE = "conductor-bridge";
    private static final List<String> IMAGES = List.copyOf(Machine.join(Parts.SERVICES, BRIDGE));

    @Option(names = "--verbose", description = "Show the stack trace when something goes wrong.")
    private boolean verbose;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            description = "podman or docker. Default: the first of them that answers.")
    private @Nullable String engine;

    @Option(
            names = "--name",
            paramLabel = "PREFIX",
            defaultValue = "lanyard",
            description = "What comes before the service in an image's name. Default: ${DEFAULT-VALUE}")
    private String name = "";

    @Option(names = "--tag", paramLabel = "TAG", defaultValue = "latest", description = "Default: ${DEFAULT-VALUE}")
    private String tag = "";

    @Option(
            names = "--jdk",
            paramLabel = "IMAGE",
            description = "Take Java from this image. Default: what the recipe says.")
    private @Nullable String jdk;

    @Option(
            names = "--base",
            paramLabel = "IMAGE",
            description = "Begin with this image. Default: what the recipe says.")
    private @Nullable String base;

    @Parameters(
            paramLabel = "SERVICE",
            arity = "0..*",
            description = "Only these of provisioner, token-issuer, revoker, conductor-bridge.")
    private List<String> services = IMAGES;

    /**
     * What the images are made of.
     *
     * @param revision of the checkout; {@code unknown} where git does not say
     * @param epochSeconds when that was committed: the time of all that is in the images, so that the same sources make the same
     */
    private record Source(String version, String revision, long epochSeconds) {
        static Source of(Path checkout) {
            var version = ImagesCommand.class.getPackage().getImplementationVersion();
            return new Source(
                    version == null ? "unknown" : version,
                    git(checkout, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
                            .orElse("unknown"),
                    git(checkout, "log", "-1", "--format=%ct")
                            .map(Long::parseLong)
                            .orElse(0L));
        }

        /** The labels are no part of the recipe: podman would take them from an earlier build. */
        List<String> options(String service) {
            return List.of(
                    // The module that it is built in.
                    "--build-arg=SERVICE=" + (service.equals(BRIDGE) ? "deploy/" + service : service),
                    "--label=org.opencontainers.image.title=Lanyard: " + service,
                    "--label=org.opencontainers.image.version=" + version,
                    "--label=org.opencontainers.image.revision=" + revision,
                    "--label=org.opencontainers.image.licenses=Apache-2.0");
        }

        private static Optional<String> git(Path checkout, String... arguments) {
            return Machine.output(Machine.join(List.of("git", "-C", checkout.toString()), arguments)
                    .toArray(String[]::new));
        }
    }

    private Stream<String> begins() {
        return Stream.concat(
                Stream.ofNullable(jdk).map(image -> "--build-arg=JDK=" + image),
                Stream.ofNullable(base).map(image -> "--build-arg=BASE=" + image));
    }

    @Override
    public Integer call() throws IOException {
        var terminal = Terminal.standard(verbose);
        var unknown =
                services.stream().filter(service -> !IMAGES.contains(service)).findFirst();
        if (unknown.isPresent()) {
            throw new Trouble("there is no service " + unknown.get(), "name some of " + String.join(", ", IMAGES));
        }
        var builder = engine == null ? Engine.found() : Engine.named(engine);
        var checkout = Home.checkout();
        var source = Source.of(checkout);
        var log = checkout.resolve("target/images.log");
        Files.createDirectories(log.getParent());
        Files.deleteIfExists(log);
        for (var service : services) {
            var image = "%s/%s:%s".formatted(name, service, tag);
            terminal.watched("building " + image, progress -> {
                builder.build(
                        checkout,
                        checkout.resolve("deploy/containers/Containerfile"),
                        image,
                        Stream.concat(source.options(service).stream(), begins())
                                .toList(),
                        source.epochSeconds(),
                        log,
                        progress);
                return true;
            });
            terminal.detail("%.0f MiB".formatted(builder.size(image) / MIB));
        }
        return 0;
    }
}
