package lanyard.local;

import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./lanyard bench}: the benchmarks that are on the class path. They are a module of their own, built when they are asked for. */
@Command(
        name = "bench",
        description = "Measure what it costs, beside Keystone itself: ./lanyard bench door.",
        synopsisSubcommandLabel = "BENCHMARK")
public final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** One benchmark: a picocli command. */
    public interface Benchmark extends Callable<Integer> {}

    static CommandLine withBenchmarks() {
        var bench = new CommandLine(new BenchCommand());
        ServiceLoader.load(Benchmark.class).forEach(bench::addSubcommand);
        return bench;
    }

    @Override
    public Integer call() {
        if (spec.subcommands().isEmpty()) {
            throw new Trouble("the benchmarks are not on the class path", "run them by ./lanyard bench");
        }
        throw new ParameterException(spec.commandLine(), "which benchmark?");
    }
}
