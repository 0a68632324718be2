package lanyard.local.stack;

import java.nio.file.Path;
import lanyard.local.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that every command has: which stack it is about, and how much it says when something goes wrong. */
public final class HomeOptions {
    @Option(
            names = "--home",
            paramLabel = "DIR",
            defaultValue = "${env:LANYARD_HOME}",
            description = {
                "The directory of the stack. Default: LANYARD_HOME if it is set (as by sourcing a stack's env file),"
                        + " else .lanyard in the checkout."
            })
    private @Nullable Path home;

    @Option(names = "--verbose", description = "Show the stack trace when something goes wrong.")
    private boolean verbose;

    public Home home() {
        var given = home;
        return new Home(
                given == null || given.toString().isEmpty() ? Home.checkout().resolve(".lanyard") : given);
    }

    public boolean verbose() {
        return verbose;
    }

    /** Standard output, for commands that tell a story. */
    public Terminal terminal() {
        return Terminal.standard(verbose);
    }

    /** Standard error, for commands whose standard output is the result. */
    public Terminal errors() {
        return Terminal.standardError(verbose);
    }
}
