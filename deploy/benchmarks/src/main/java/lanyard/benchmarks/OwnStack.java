package lanyard.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lanyard.local.stack.Home;
import lanyard.local.stack.Stack;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The stack that a benchmark starts for itself, and that is gone when it has ended, however it ends. Where it failed, its logs stay. */
public final class OwnStack {
    @Option(names = "--home", paramLabel = "DIR", description = "The stack's directory, which must not exist.")
    private @Nullable Path directory;

    @Option(names = "--verbose", description = "Show the stack trace when something goes wrong.")
    private boolean verbose;

    /** What is done with a home in which nothing is yet. */
    public interface Work<T> {
        T with(Home home, Terminal terminal) throws IOException;
    }

    /**
     * @param name of the directory in the checkout, if none was given
     * @return what the work returns
     */
    public <T> T during(String name, Work<T> work) throws IOException {
        var terminal = Terminal.standardError(verbose);
        var home = home(name, terminal);
        var purge = new Thread(() -> purge(home, terminal));
        Runtime.getRuntime().addShutdownHook(purge);
        boolean done = false;
        try {
            var result = work.with(home, terminal);
            done = true;
            return result;
        } finally {
            if (!done) {
                keepLogs(home, terminal);
            }
            Runtime.getRuntime().removeShutdownHook(purge);
            purge(home, terminal);
        }
    }

    /** Copies the logs of all parts to a place that stays, for whoever is to find out what went wrong, and says where that is. */
    public static void keepLogs(Home home, Terminal terminal) throws IOException {
        var logs = home.file("log");
        if (!Files.isDirectory(logs)) {
            return;
        }
        var kept = Files.createTempDirectory("lanyard-logs-");
        try (var files = Files.list(logs)) {
            for (var file : files.toList()) {
                Files.copy(file, kept.resolve(file.getFileName()));
            }
        }
        terminal.bad("the logs of all parts are kept in " + kept);
    }

    private Home home(String name, Terminal terminal) {
        var given = directory;
        if (given != null && Files.exists(given)) {
            throw new Trouble(given + " exists", "name a directory that does not; it is removed at the end");
        }
        var home = new Home(given != null ? given : Home.checkout().resolve(name));
        // What is left of a run that was killed.
        purge(home, terminal);
        return home;
    }

    private static void purge(Home home, Terminal terminal) {
        if (home.exists()) {
            Stack.down(home, true, terminal);
        }
    }
}
