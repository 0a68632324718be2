package lanyard.benchmarks.skip;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.benchmarks.OwnStack;
import lanyard.local.BenchCommand;
import lanyard.local.conductor.Notification;
import lanyard.local.conductor.NotificationBus;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard bench skip}. */
@Command(
        name = "skip",
        description = "Emit very many notifications of other services, and see what it costs to pass over them.",
        footer = {
            "",
            "Starts a stack of its own, with services as ./lanyard up starts them, and removes it at the end. The notifications are"
                    + " Nova's, Neutron's and Keystone's, as oslo.messaging sends them. What counts is the CPU that a service's"
                    + " process uses from the first of them to the last, Kafka's client included, so other work on the machine"
                    + " matters little. Fails if a service passes over fewer than it should."
        })
public final class SkipBenchmark implements BenchCommand.Benchmark {
    /** So many are different; they are emitted again and again. */
    private static final int DIFFERENT = 3_000;

    /** Read before the measurement, until the compiler has seen them. */
    private static final int WARM_UP = 100_000;

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofMillis(100);

    @Option(
            names = "--notifications",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many. Default: ${DEFAULT-VALUE}.")
    private int notifications;

    @Option(
            names = "--at-least",
            paramLabel = "N",
            defaultValue = "50000",
            description = "How many a service should pass over with one second of CPU. Default: ${DEFAULT-VALUE}.")
    private double atLeast;

    @Mixin
    private OwnStack stack = new OwnStack();

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    /** What one service has used. */
    private record Used(Reader reader, long skipped, double cpu) {
        static Used soFar(Reader reader) {
            return new Used(reader, reader.skipped(), reader.cpu());
        }

        Used since(Used before) {
            return new Used(reader, skipped - before.skipped, cpu - before.cpu);
        }

        double perCore() {
            return skipped / cpu;
        }
    }

    @Override
    public Integer call() throws IOException {
        return stack.during(".lanyard-skip", (home, terminal) -> {
            Stack.up(home, new UpOptions(), Launch.QUICK.only(Parts.PROVISIONER, Parts.REVOKER), terminal);
            return measure(home, terminal).allMatch(used -> used.perCore() >= atLeast) ? 0 : 1;
        });
    }

    private Stream<Used> measure(Home home, Terminal terminal) {
        var readers = Stream.of(Parts.PROVISIONER, Parts.REVOKER)
                .map(service -> Reader.of(service, home))
                .toList();
        var others = IntStream.range(0, DIFFERENT)
                .mapToObj(number -> Notification.ofAnotherService(number, Instant.now()))
                .toList();
        try (var bus = new NotificationBus(home.env("LANYARD_KAFKA"))) {
            terminal.during("The services have read some", () -> emit(bus, others, WARM_UP, readers));
            var before = readers.stream().map(Used::soFar).toList();
            var begun = System.nanoTime();
            terminal.during("The services have read all", () -> emit(bus, others, notifications, readers));
            var seconds = (System.nanoTime() - begun) / 1e9;
            var used = IntStream.range(0, readers.size())
                    .mapToObj(i -> Used.soFar(readers.get(i)).since(before.get(i)))
                    .toList();
            print(others, seconds, used);
            return used.stream();
        }
    }

    /** Done when every reader has passed over all of them. */
    private static void emit(NotificationBus bus, List<Notification> others, int count, List<Reader> readers) {
        var ends = readers.stream()
                .mapToLong(Reader::skipped)
                .map(skipped -> skipped + count)
                .toArray();
        for (int left = count; left > 0; left -= DIFFERENT) {
            bus.emit(others.subList(0, Math.min(left, DIFFERENT)));
        }
        await(() -> IntStream.range(0, ends.length).allMatch(i -> readers.get(i).skipped() >= ends[i]));
    }

    private static void await(BooleanSupplier condition) {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new Trouble("it took longer than " + PATIENCE, "give the machine less else to do");
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private void print(List<Notification> others, double seconds, List<Used> used) {
        var bytes = others.stream()
                .mapToInt(other -> other.body().length())
                .average()
                .orElseThrow();
        say(
                "%,d notifications of other services, of %,.0f bytes each, emitted and read in %.1f s",
                notifications, bytes, seconds);
        say("%-12s %12s %12s %20s", "", "passed over", "CPU", "a second and core");
        for (var one : used) {
            say("%-12s %,12d %10.1f s %,20.0f", one.reader().service(), one.skipped(), one.cpu(), one.perCore());
        }
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }
}
