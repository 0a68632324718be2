package lanyard.local;

import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./lanyard simulate}, where the simulation is not on the class path: it is a module of its own, built when it is asked for. */
@Command(name = "simulate", description = "Run the whole system against models of its surroundings that fail.")
public final class SimulateCommand implements Callable<Integer> {
    /** The command itself: a picocli command of this name. */
    public interface Simulator extends Callable<Integer> {}

    static CommandLine ifThere() {
        return ServiceLoader.load(Simulator.class)
                .findFirst()
                .map(CommandLine::new)
                .orElseGet(() -> new CommandLine(new SimulateCommand()));
    }

    @Override
    public Integer call() {
        throw new Trouble("the simulation is not on the class path", "run it by ./lanyard simulate");
    }
}
