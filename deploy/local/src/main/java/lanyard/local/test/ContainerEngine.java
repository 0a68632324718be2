package lanyard.local.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lanyard.local.stack.DebianPackages;
import lanyard.local.stack.EnvFile;
import lanyard.local.stack.Home;
import lanyard.local.stack.Logs;
import lanyard.local.stack.Machine;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * The container engine in which the images are tested: podman or docker if one of them answers, or else podman, where it can be
 * installed. It has the images that all others begin with: pulled, or made of Debian's packages where no registry can be reached.
 *
 * <p>All of that takes minutes, and is done while Maven builds. A file tells the tests how it went: {@link #variables} says where.
 */
final class ContainerEngine implements AutoCloseable {
    private static final List<String> PODMAN = List.of("podman", "runc", "netavark", "aardvark-dns", "iptables");
    private static final String DEBIAN = "docker.io/library/debian:bookworm-slim";
    private static final String TEMURIN = "docker.io/library/eclipse-temurin:25-jdk";
    private static final String OWN = "localhost/lanyard-test/";
    private static final String MADE_DEBIAN = OWN + "debian";
    private static final String MADE_JDK = OWN + "jdk";
    private static final String KEYSTONE = OWN + "keystone";
    private static final String TOLD = "container-engine";

    private final Home home;
    private final Path log;
    private final String command;
    private final Thread preparation;
    private final Map<String, String> environment = new HashMap<>();
    private volatile @Nullable Process service;

    private ContainerEngine(Home home) {
        this.home = home;
        this.log = home.log(TOLD);
        this.command = Stream.of("podman", "docker")
                .filter(engine -> Machine.output(engine, "info").isPresent())
                .findFirst()
                .orElse("podman");
        this.preparation =
                Thread.ofPlatform().daemon().name("container engine").unstarted(() -> home.write(TOLD, told()));
    }

    /** Begins to prepare the engine. */
    static ContainerEngine start(Home home) {
        var engine = new ContainerEngine(home);
        engine.preparation.start();
        return engine;
    }

    /** What the tests are to have in their environment: where the engine will answer, and which file will tell when. */
    Map<String, String> variables() {
        var variables =
                new HashMap<>(Map.of("LANYARD_TEST_ENGINE", home.file(TOLD).toString()));
        if (podman()) {
            variables.put("DOCKER_HOST", "unix://" + socket());
            // It would have to be pulled, and podman is no daemon that could outlive what it is to clean up after.
            variables.put("TESTCONTAINERS_RYUK_DISABLED", "true");
            // It is no daemon elsewhere either: ports are this machine's.
            variables.put("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1");
        }
        return variables;
    }

    private boolean podman() {
        return command.equals("podman");
    }

    private Path socket() {
        return home.file("podman.sock");
    }

    private String told() {
        try {
            if (Machine.output(command, "info").isEmpty()) {
                var missing = DebianPackages.missing(PODMAN);
                if (!DebianPackages.installable()) {
                    return EnvFile.format(
                            Map.of(
                                    "NONE",
                                    "there is no container engine; as root on a Debian it is installed, or else start Docker or install podman"));
                }
                DebianPackages.install(missing, log, detail -> {});
            }
            return EnvFile.format(prepared());
        } catch (Trouble e) {
            return EnvFile.format(Map.of("FAILED", e.oneLine()));
        } catch (IOException | InterruptedException | RuntimeException e) {
            // Whatever it is, the tests must not wait for it.
            return EnvFile.format(
                    Map.of("FAILED", e.toString().lines().findFirst().orElse("")));
        }
    }

    private Map<String, String> prepared() throws IOException, InterruptedException {
        boolean official = has(DEBIAN) && has(TEMURIN) || run("pull", DEBIAN) == 0 && run("pull", TEMURIN) == 0;
        if (!official && !(has(MADE_DEBIAN) && has(MADE_JDK))) {
            makeBases();
        }
        var debian = official ? DEBIAN : MADE_DEBIAN;
        makeRun(debian);
        must(
                "build",
                "--tag=" + KEYSTONE,
                "--build-arg=BASE=" + debian,
                // The host's network is there whatever the engine makes of its own.
                "--network=host",
                Home.checkout().resolve("deploy/containers/keystone").toString());
        if (podman()) {
            serve();
        }
        var told = new LinkedHashMap<>(environment);
        told.put("ENGINE", command);
        told.put("DEBIAN", debian);
        told.put("JDK", official ? TEMURIN : MADE_JDK);
        told.put("KEYSTONE", KEYSTONE);
        return told;
    }

    private boolean has(String image) throws IOException, InterruptedException {
        return run("image", "inspect", "--format={{.Id}}", image) == 0;
    }

    /** No registry can be reached: the root file system comes from the mirror that apt uses, and Java from this machine. */
    private void makeBases() throws IOException, InterruptedException {
        if (!DebianPackages.installable()) {
            throw new Trouble(
                    "%s can't pull %s (%s)".formatted(command, DEBIAN, Logs.lastError(log)), "see what it says itself");
        }
        DebianPackages.install(DebianPackages.missing(List.of("debootstrap")), log, detail -> {});
        var root = Files.createTempDirectory(home.makeDirectory("debian"), "root");
        var mirror = Machine.output(
                        "sh",
                        "-c",
                        "apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$'")
                .orElse("http://deb.debian.org/debian");
        shell("debootstrap --variant=minbase bookworm \"$1\" \"$2\"", root.toString(), mirror);
        var bring = "tar -C \"$1\" -c . | \"$2\" import ";
        shell(bring + "- \"$3\"", root.toString(), command, MADE_DEBIAN);
        var java = "/opt/java/openjdk";
        shell(
                "mkdir -p \"$1/opt/java\" && cp -aL \"$4\" \"$1" + java + "\" && " + bring + "--change 'ENV JAVA_HOME="
                        + java + "' --change 'ENV PATH=" + java + "/bin:/usr/sbin:/usr/bin:/sbin:/bin' - \"$3\"",
                root.toString(),
                command,
                MADE_JDK,
                System.getProperty("java.home"));
        Home.deleteTree(root);
    }

    /** Debian's podman prefers a runtime and limits that not every machine lets it have. */
    private void makeRun(String image) throws IOException, InterruptedException {
        if (run("run", "--rm", image, "true") == 0 || !podman()) {
            return;
        }
        var configuration = home.file("containers.conf");
        home.write(
                configuration.getFileName().toString(),
                """
                [containers]
                default_ulimits = ["nofile=1000:1000", "nproc=20000:20000"]
                [engine]
                runtime = "runc"
                """);
        environment.put("CONTAINERS_CONF", configuration.toString());
        must("run", "--rm", image, "true");
    }

    private void serve() throws IOException {
        var builder = new ProcessBuilder(command, "system", "service", "--time=0", "unix://" + socket())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        service = builder.start();
    }

    private void must(String... arguments) throws IOException, InterruptedException {
        if (run(arguments) != 0) {
            throw new Trouble(
                    "`%s %s` failed (%s)".formatted(command, arguments[0], Logs.lastError(log)),
                    "see what it says itself");
        }
    }

    private int run(String... arguments) throws IOException, InterruptedException {
        return logged(Machine.join(List.of(command), arguments));
    }

    private void shell(String script, String... arguments) throws IOException, InterruptedException {
        if (logged(Machine.join(List.of("sh", "-e", "-c", script, "sh"), arguments)) != 0) {
            throw new Trouble(
                    "there is no image to begin with, and none could be made of Debian's packages (%s)"
                            .formatted(Logs.lastError(log)),
                    "let %s pull %s".formatted(command, DEBIAN));
        }
    }

    private int logged(List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(new ArrayList<>(command));
        builder.environment().putAll(environment);
        return Machine.run(builder, log, line -> {});
    }

    /** Waits for a preparation that is not done yet: nobody is to end a package's installation half way. */
    @Override
    public void close() {
        try {
            preparation.join();
            Optional.ofNullable(service).ifPresent(Process::destroy);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
