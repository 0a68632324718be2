package lanyard.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs schedules, one for each seed, on all cores. */
final class Simulation {
    private static final int FAILURES = 10;

    private Simulation() {}

    /**
     * What came of it.
     *
     * @param failures the first that failed, by seed
     */
    record Summary(long schedules, long steps, Map<Fault, Long> faults, List<Schedule.Result> failures) {}

    /**
     * Runs the schedules of consecutive seeds until all are done, or enough have failed.
     *
     * @param progress hears how many are done, now and then
     */
    static Summary run(long from, long number, @Nullable Mutation mutation, int enough, LongConsumer progress) {
        var next = new AtomicLong(from);
        var done = new AtomicLong();
        var steps = new AtomicLong();
        var faults = new EnumMap<Fault, Long>(Fault.class);
        var failures = new ArrayList<Schedule.Result>();
        var threads = IntStream.range(0, Runtime.getRuntime().availableProcessors())
                .mapToObj(i -> Thread.ofPlatform()
                        .name("simulation-" + i)
                        .daemon()
                        .unstarted(() -> {
                            while (true) {
                                var seed = next.getAndIncrement();
                                if (seed >= from + number) {
                                    return;
                                }
                                var result = Schedule.run(seed, false, mutation);
                                steps.addAndGet(result.steps());
                                synchronized (failures) {
                                    result.faults()
                                            .forEach((fault, count) -> faults.merge(fault, (long) count, Long::sum));
                                    if (result.violation() != null) {
                                        failures.add(result);
                                        if (failures.size() >= enough) {
                                            next.set(from + number);
                                        }
                                    }
                                }
                                progress.accept(done.incrementAndGet());
                            }
                        }))
                .toList();
        var stumbled = new AtomicReference<@Nullable Throwable>();
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((one, failure) -> stumbled.set(failure)));
        threads.forEach(Thread::start);
        threads.forEach(Simulation::join);
        if (stumbled.get() != null) {
            throw new IllegalStateException("a schedule could not be run to its end", stumbled.get());
        }
        failures.sort(Comparator.comparingLong(Schedule.Result::seed));
        return new Summary(
                done.get(), steps.get(), faults, List.copyOf(failures.subList(0, Math.min(FAILURES, failures.size()))));
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
