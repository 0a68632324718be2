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

/** The stack that a benchmark starts for itself, and that is gone when it has ended, however it ends. */
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
        try {
            return work.with(home, terminal);
        } finally {
            Runtime.getRuntime().removeShutdownHook(purge);
            purge(home, terminal);
        }
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
