package lanyard.local.stack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lanyard doctor}. */
@Command(
        name = "doctor",
        description = "Check whether this machine can run a stack; say what is missing, and the command that mends it.",
        footer = {"", "Fails if something is missing. It changes nothing."})
public final class DoctorCommand implements Callable<Integer> {
    private static final long GIB = 1L << 30;
    private static final long NEEDED_DISK = 3 * GIB;
    private static final long NEEDED_MEMORY = 2 * GIB;
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+([0-9]+) kB$");

    @Mixin
    private HomeOptions common = new HomeOptions();

    @Override
    public Integer call() {
        var terminal = common.terminal();
        boolean well = java(terminal);
        well &= maven(terminal);
        well &= packages(terminal);
        well &= user(terminal);
        well &= disk(terminal);
        well &= memory(terminal);
        well &= loopback(terminal);
        terminal.blank();
        terminal.line(well ? "This machine can run ./lanyard demo." : "Mend what is marked, then try again.");
        return well ? 0 : 1;
    }

    private static boolean tell(Terminal terminal, boolean well, String finding, String cure) {
        if (well) {
            terminal.good(finding);
        } else {
            terminal.bad(finding);
            terminal.line("    " + cure);
        }
        return well;
    }

    private static boolean java(Terminal terminal) {
        int version = Runtime.version().feature();
        boolean compiler = Files.isExecutable(Path.of(System.getProperty("java.home"), "bin", "javac"));
        return tell(
                terminal,
                version >= 25 && compiler,
                (compiler ? "JDK " : "Java without a compiler ") + Runtime.version() + " in "
                        + System.getProperty("java.home"),
                "install a JDK 25 and set JAVA_HOME to it");
    }

    private static boolean maven(Terminal terminal) {
        var maven = Machine.command("mvn");
        return tell(
                terminal,
                maven.isPresent(),
                maven.map(path -> "Maven at " + path).orElse("Maven is missing"),
                "apt-get install maven");
    }

    private static boolean packages(Terminal terminal) {
        if (Machine.command("dpkg-query").isEmpty()) {
            return tell(
                    terminal,
                    false,
                    "this is no Debian, so there is no embedded Keystone",
                    "use a Debian 12 or newer, or give a Keystone by --keystone-url");
        }
        var missing = DebianPackages.missing();
        return tell(
                terminal,
                missing.isEmpty(),
                missing.isEmpty()
                        ? "Debian's packages for Keystone "
                                + DebianPackages.version("python3-keystone").orElse("")
                        : "Debian packages are missing: " + String.join(" ", missing),
                DebianPackages.installCommand(missing)
                        + (Machine.root() ? "   (up and demo do it themselves)" : "   (as root)"));
    }

    private static boolean user(Terminal terminal) {
        try {
            Confinement.forThisUser();
            return tell(
                    terminal,
                    true,
                    Machine.root() ? "root, and parts can be run without its powers" : "an ordinary user",
                    "");
        } catch (Trouble e) {
            return tell(terminal, false, String.valueOf(e.getMessage()), e.whatToDo());
        }
    }

    private boolean disk(Terminal terminal) {
        var place = common.home().directory();
        while (!Files.exists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        try {
            long usable = Files.getFileStore(place).getUsableSpace();
            return tell(
                    terminal,
                    usable >= NEEDED_DISK && Files.isWritable(place),
                    gib(usable) + " of disk free for " + common.home(),
                    "free some, or name another place by --home: a stack and its build need " + gib(NEEDED_DISK));
        } catch (IOException e) {
            return tell(terminal, false, "can't look at " + place, "name another place by --home");
        }
    }

    private static boolean memory(Terminal terminal) {
        try {
            var matcher = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
            long available = matcher.find() ? Long.parseLong(matcher.group(1)) * 1024 : 0;
            return tell(
                    terminal,
                    available >= NEEDED_MEMORY,
                    gib(available) + " of memory available",
                    "stop something: a stack needs " + gib(NEEDED_MEMORY));
        } catch (IOException e) {
            return tell(terminal, false, "can't read how much memory there is", "mount /proc");
        }
    }

    private static boolean loopback(Terminal terminal) {
        try (var server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                var client = new Socket()) {
            client.connect(new InetSocketAddress("127.0.0.1", server.getLocalPort()), 2000);
            return tell(terminal, true, "ports on 127.0.0.1 can be opened and reached", "");
        } catch (IOException e) {
            return tell(
                    terminal,
                    false,
                    "ports on 127.0.0.1 can't be reached (" + e.getMessage() + ")",
                    "ip link set lo up");
        }
    }

    private static String gib(long bytes) {
        return "%.1f GiB".formatted((double) bytes / GIB);
    }
}
