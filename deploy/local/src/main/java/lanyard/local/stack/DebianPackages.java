package lanyard.local.stack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lanyard.local.terminal.Terminal.Progress;
import lanyard.local.terminal.Trouble;

/**
 * The packages of Debian that Keystone runs from, the clients with which the demo and the tests log in, and for tests Magnum's API and
 * gophercloud. {@code python3-keystone} has Keystone's code and {@code keystone-manage}, but not the service, the user and the configuration that the
 * package {@code keystone} would add to the system.
 */
public final class DebianPackages {
    private static final List<String> NEEDED = List.of(
            "python3-keystone",
            "gunicorn",
            "memcached",
            "python3-memcache",
            "python3-psycopg2",
            "python3-openstackclient",
            "python3-openstacksdk");

    /**
     * What the tests need beside that: the conductor's API with its many dependencies, one more client's language, and what makes
     * certificates. RabbitMQ and Prometheus they unpack for themselves: installed, each would have a server of its own run on the machine.
     */
    private static final List<String> NEEDED_BY_TESTS =
            List.of("python3-magnum", "golang-go", "golang-github-gophercloud-gophercloud-dev", "openssl");

    private DebianPackages() {}

    static List<String> missing() {
        return missing(NEEDED);
    }

    static List<String> missingForTests() {
        return missing(Stream.concat(NEEDED.stream(), NEEDED_BY_TESTS.stream()).toList());
    }

    /** Those of them that are not installed. */
    public static List<String> missing(List<String> needed) {
        var missing = new ArrayList<>(needed);
        states(needed)
                .lines()
                .filter(line -> line.startsWith("ii "))
                .map(line -> line.substring(3).strip())
                .forEach(missing::remove);
        return missing;
    }

    private static String states(List<String> needed) {
        var command = new ArrayList<>(
                List.of("sh", "-c", "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' \"$@\" || true", "dpkg"));
        command.addAll(needed);
        return Machine.output(command.toArray(String[]::new)).orElse("").replaceAll(" +", " ");
    }

    static Optional<String> version(String name) {
        // A Debian version is [epoch:]upstream[-revision]; people know the upstream one.
        return Machine.output("dpkg-query", "-W", "-f", "${Version}", name)
                .map(version -> version.replaceFirst("^[0-9]+:", "").replaceFirst("-[^-]*$", ""));
    }

    static String installCommand(List<String> packages) {
        return "apt-get install --no-install-recommends " + String.join(" ", packages);
    }

    /** Whether this is a Debian, and its root. */
    public static boolean installable() {
        return Machine.command("apt-get").isPresent() && Machine.root();
    }

    /** Installs these. */
    public static void install(List<String> missing, Path log, Progress progress)
            throws IOException, InterruptedException {
        if (Machine.command("apt-get").isEmpty()) {
            throw new Trouble(
                    "this is no Debian, so the embedded Keystone can't be installed",
                    "give a Keystone by --keystone-url and --keystone-admin-password");
        }
        if (!Machine.root()) {
            throw new Trouble("packages are missing", "as root: " + installCommand(missing));
        }
        var install = new ArrayList<>(List.of("install", "--yes", "--no-install-recommends"));
        install.addAll(missing);
        if (apt(install, log, progress) == 0 && missing(missing).isEmpty()) {
            return;
        }
        // The lists of a machine that was never updated, or long ago, name packages that can't be had.
        apt(List.of("update"), log, progress);
        if (apt(install, log, progress) != 0 || !missing(missing).isEmpty()) {
            throw new Trouble(
                    "apt-get could not install " + String.join(" ", missing(missing)) + " (" + Logs.lastError(log)
                            + ")",
                    "see " + log + ", or run: " + installCommand(missing(missing)));
        }
    }

    private static int apt(List<String> arguments, Path log, Progress progress)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("apt-get", "-o", "DPkg::Lock::Timeout=120"));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command);
        builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
        builder.environment().put("LC_ALL", "C.UTF-8");
        return Machine.run(builder, log, line -> {
            if (line.startsWith("Get:") || line.startsWith("Unpacking ") || line.startsWith("Setting up ")) {
                progress.at(line.length() > 60 ? line.substring(0, 60) : line);
            }
        });
    }
}
