package lanyard.local.stack;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lanyard down}. */
@Command(
        name = "down",
        description = "Stop what was started from a home, and nothing else. Its data stay for the next up.",
        footer = {
            "",
            "A process is stopped only if it is the very one that was recorded when it was started."
                    + " Parts that exist elsewhere are never touched; what was made on them is listed by --purge.",
        })
public final class DownCommand implements Callable<Integer> {
    @Mixin
    private HomeOptions common = new HomeOptions();

    @Option(names = "--purge", description = "Remove the home too, with all data, keys and passwords.")
    private boolean purge;

    @Override
    public Integer call() {
        Stack.down(common.home(), purge, common.terminal());
        return 0;
    }
}
