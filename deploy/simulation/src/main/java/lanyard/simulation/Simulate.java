package lanyard.simulation;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import lanyard.local.SimulateCommand;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./lanyard simulate}. */
@Command(
        name = "simulate",
        description = "Run the whole system against models of Kafka, PostgreSQL and Keystone that fail in every way.",
        footer = {
            "",
            "Each seed is one schedule: crashes between any two steps, lost answers, redeliveries, clock jumps, people who"
                    + " change things by hand. At the end of each the invariants are checked, in the model of Keystone."
                    + " Fails if one does not hold, and says how to see that schedule again."
        })
public final class Simulate implements SimulateCommand.Simulator {
    private static final int ENOUGH = 10;
    private static final long BETWEEN_LINES = Duration.ofSeconds(5).toNanos();

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "100000",
            description = "How many schedules. Default: ${DEFAULT-VALUE}.")
    private long seeds;

    @Option(
            names = "--from",
            paramLabel = "S",
            defaultValue = "0",
            description = "The first seed. Default: ${DEFAULT-VALUE}.")
    private long from;

    @Option(names = "--seed", paramLabel = "S", description = "Run this seed alone.")
    private @Nullable Long seed;

    @Option(names = "--trace", description = "With --seed: print each step.")
    private boolean trace;

    @Option(
            names = "--mutation",
            paramLabel = "NAME",
            description = "Build this fault into the core: ${COMPLETION-CANDIDATES}.")
    private @Nullable Mutation mutation;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private volatile long nextLine = System.nanoTime() + BETWEEN_LINES;

    @Override
    public Integer call() {
        return seed == null ? runMany() : runOne(seed);
    }

    private int runOne(long one) {
        var result = Schedule.run(one, trace, mutation);
        result.trace().forEach(out::println);
        out.println(
                result.violation() == null
                        ? "seed %d: all invariants hold after %d steps".formatted(one, result.steps())
                        : "seed %d: VIOLATED %s".formatted(one, result.violation()));
        return result.violation() == null ? 0 : 1;
    }

    private int runMany() {
        var began = System.nanoTime();
        var summary = Simulation.run(from, seeds, mutation, ENOUGH, done -> progress(done, began));
        var seconds = Math.max(1e-3, (System.nanoTime() - began) / 1e9);
        summary.failures().forEach(this::print);
        out.printf(
                Locale.ROOT,
                "%,d schedules in %.1f s (%,.0f a second), %,d steps, %d failed%n",
                summary.schedules(),
                seconds,
                summary.schedules() / seconds,
                summary.steps(),
                summary.failures().size());
        out.println("faults injected:");
        summary.faults().forEach((fault, count) -> out.printf(Locale.ROOT, "  %-24s %,14d%n", fault.label(), count));
        return summary.failures().isEmpty() ? 0 : 1;
    }

    private void print(Schedule.Result failure) {
        out.println("seed %d: VIOLATED %s".formatted(failure.seed(), failure.violation()));
        out.println("  ./lanyard simulate --seed %d --trace%s"
                .formatted(failure.seed(), mutation == null ? "" : " --mutation " + mutation));
    }

    private synchronized void progress(long done, long began) {
        var now = System.nanoTime();
        if (now - nextLine >= 0) {
            nextLine = now + BETWEEN_LINES;
            out.printf(
                    Locale.ROOT, "%,d of %,d schedules, %,.0f a second%n", done, seeds, done / ((now - began) / 1e9));
        }
    }
}
