package lanyard.local.demo;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import lanyard.local.stack.Home;
import lanyard.local.stack.HomeOptions;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code ./lanyard demo}: brings a stack up unless it runs, tells the {@link Story}, and leaves things as they were: a stack that
 * was started for the demo is stopped again, whatever happens; one that ran before runs on.
 */
@Command(
        name = "demo",
        description = "Tell the story of one cluster's credential on real parts, each step verified.",
        footer = {"", "Exits with 0 only if every step was verified."})
public final class DemoCommand implements Callable<Integer> {
    @Option(names = "--keep", description = "Leave the stack running after a demo that went well.")
    private boolean keep;

    @Mixin
    private HomeOptions common = new HomeOptions();

    @Mixin
    private UpOptions options = new UpOptions();

    @Override
    public Integer call() {
        var home = common.home();
        var terminal = common.terminal();
        boolean ranBefore = Stack.runs(home);
        terminal.title(ranBefore ? "The stack in " + home + " runs already" : "Starting real parts on this machine");
        var env = Stack.up(home, options, terminal);
        var stop = new AtomicBoolean(!ranBefore);
        var interrupted = new Thread(() -> stop(stop, home, terminal));
        Runtime.getRuntime().addShutdownHook(interrupted);
        try {
            try (var story = new Story(env, home.file("log"), terminal)) {
                story.tell();
            }
            if (keep) {
                stop.set(false);
            }
        } finally {
            stop(stop, home, terminal);
        }
        whatNext(terminal, home, ranBefore || keep);
        return 0;
    }

    /** Once, by whoever comes first: the end of the demo, or the end of the process. */
    private static void stop(AtomicBoolean wanted, Home home, Terminal terminal) {
        if (wanted.getAndSet(false)) {
            terminal.blank();
            terminal.title("Stopping what was started");
            Stack.down(home, false, terminal);
        }
    }

    private static void whatNext(Terminal terminal, Home home, boolean runs) {
        terminal.blank();
        terminal.good(terminal.bold("Every step was verified."));
        terminal.blank();
        terminal.line("Try next:");
        if (!runs) {
            hint(terminal, "./lanyard up", "a stack that stays, and where its parts are");
        }
        hint(terminal, "./lanyard emit create --project P --owner U", "a cluster of your own");
        hint(terminal, "./lanyard credential CLUSTER", "its clouds.yaml, as the conductor gets it");
        hint(terminal, "./lanyard events --follow", "what goes over the bus meanwhile");
        hint(terminal, "docs/architecture.md", "how it works");
        terminal.line("The logs are in " + home.file("log"));
    }

    private static void hint(Terminal terminal, String what, String why) {
        terminal.line("  %-44s %s".formatted(what, terminal.dim(why)));
    }
}
