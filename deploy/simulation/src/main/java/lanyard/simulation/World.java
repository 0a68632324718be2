package lanyard.simulation;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Time, chance, and whose turn it is. Everything happens in one thread: of all coroutines that are able to go on, chance picks one, which
 * then does one step.
 */
final class World {
    static final long MILLISECOND = 1_000;
    static final long SECOND = 1_000 * MILLISECOND;
    static final long MINUTE = 60 * SECOND;
    static final long HOUR = 60 * MINUTE;

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final ThreadLocal<@Nullable World> HERE = new ThreadLocal<>();

    /** From here on a worker's call to Keystone goes first: one step is shorter than a lease's margin, or no lease could hold. */
    private static final long URGENT = 30 * SECOND;

    final Plan plan;
    final SplittableRandom random;
    final Trace trace;
    final @Nullable Mutation mutation;

    private final List<Coroutine> coroutines = new ArrayList<>();
    private final List<Coroutine> ready = new ArrayList<>();
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private @Nullable Coroutine current;
    private @Nullable Coroutine last;
    private @Nullable Violation violation;
    private boolean still;
    private boolean undivided;
    private boolean calm;
    private long calmSince;
    private long now;
    private long lastChange;
    private long steps;

    World(Plan plan, SplittableRandom random, Trace trace, @Nullable Mutation mutation) {
        this.plan = plan;
        this.random = random;
        this.trace = trace;
        this.mutation = mutation;
        HERE.set(this);
    }

    /** The world that this thread simulates. */
    static World here() {
        var world = HERE.get();
        if (world == null) {
            throw new IllegalStateException("nothing is simulated on this thread");
        }
        return world;
    }

    boolean has(Mutation one) {
        return mutation == one;
    }

    // ---- Time

    long now() {
        return now;
    }

    /** Lets time pass in which nobody does anything. */
    void pass(long micros) {
        now += micros;
    }

    static Instant instant(long micros) {
        return EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    static long micros(Instant instant) {
        return EPOCH.until(instant, ChronoUnit.MICROS);
    }

    // ---- Chance

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** Whether this fault strikes now. */
    boolean strikes(Fault fault) {
        if (calm || still || !chance(plan.rate(fault))) {
            return false;
        }
        count(fault);
        return true;
    }

    void count(Fault fault) {
        faults.merge(fault, 1, Integer::sum);
    }

    Map<Fault, Integer> faults() {
        return faults;
    }

    <T> T oneOf(List<T> things) {
        return things.get(random.nextInt(things.size()));
    }

    /** A time between nothing and the longest, of which the short ones are as likely as the long ones. */
    long someTime(long longest) {
        return (long) Math.exp(random.nextDouble() * Math.log(longest));
    }

    /** From now on nothing goes wrong. */
    void calm() {
        calm = true;
        calmSince = now;
    }

    /** For how long nothing has gone wrong any more. */
    long calmFor() {
        return calm ? now - calmSince : 0;
    }

    boolean isCalm() {
        return calm;
    }

    // ---- What the services see

    /** Something is not what it was: as long as things change, the world is not at rest. */
    void changed() {
        lastChange = now;
    }

    long lastChange() {
        return lastChange;
    }

    long steps() {
        return steps;
    }

    void log(String what) {
        if (trace.isKept()) {
            trace.line(now, who(), what);
        }
    }

    private String who() {
        return current == null
                ? "-"
                : current.process == null ? current.name : current.process.name + " " + current.name;
    }

    @Nullable
    Process process() {
        return current == null ? null : current.process;
    }

    @Nullable
    Coroutine current() {
        return current;
    }

    /** Ends the schedule after this step: the services survive an exception, and would go on. */
    Violation violated(String invariant, String how) {
        var found = new Violation(invariant, how);
        violation = violation == null ? found : violation;
        return found;
    }

    /** That a model was asked for what it has no notion of: it is to be taught. */
    Violation unknown(Object what) {
        return violated("the models know what they are asked for", String.valueOf(what));
    }

    /** The point before a step, at which others may go first, and at which the process may die. */
    void step(Coroutine.Next what) {
        var running = current;
        if (running != null && canWait()) {
            running.leave(what);
        }
    }

    void await(Coroutine.Next what, BooleanSupplier until) {
        await(what, until, () -> Long.MAX_VALUE);
    }

    /** @param wakesAt when the wait may be over, if nothing else happens */
    void await(Coroutine.Next what, BooleanSupplier until, LongSupplier wakesAt) {
        var running = current;
        if (running == null || !canWait()) {
            throw new IllegalStateException("can't wait here");
        }
        running.leave(what, until, wakesAt);
    }

    boolean canWait() {
        return current != null && !still && !undivided;
    }

    void sleep(long micros) {
        if (canWait()) {
            var until = now + micros;
            await(Coroutine.Next.COMPUTE, () -> now >= until, () -> until);
        }
    }

    /** Does all of it in one step, in which things may fail. */
    void undivided(Runnable work) {
        var before = undivided;
        undivided = true;
        try {
            work.run();
        } finally {
            undivided = before;
        }
    }

    /** Does all of it in one step, without a fault. */
    <T> T inOneStep(Supplier<T> work) {
        var before = still;
        still = true;
        try {
            return work.get();
        } finally {
            still = before;
        }
    }

    // ---- Who is there

    Coroutine spawn(@Nullable Process process, String name, Runnable body) {
        return spawn(process, name, Long.MAX_VALUE, body);
    }

    Coroutine spawn(@Nullable Process process, String name, long leaseEnds, Runnable body) {
        var coroutine = new Coroutine(name, process, leaseEnds, body);
        coroutines.add(coroutine);
        return coroutine;
    }

    void kill(Process process) {
        trace.line(now, process.name, "KILLED");
        coroutines.removeIf(coroutine -> coroutine.process == process);
        process.die();
    }

    /** Lets one coroutine do one step, or time pass until one can. False when nobody will ever go on. */
    boolean tick() {
        steps++;
        ready.clear();
        Coroutine urgent = null;
        for (var coroutine : coroutines) {
            if (coroutine.isReady(now)) {
                ready.add(coroutine);
                if (coroutine.next() == Coroutine.Next.KEYSTONE && coroutine.leaseEnds - now < URGENT) {
                    urgent = coroutine;
                }
            }
        }
        if (ready.isEmpty()) {
            return passTime();
        }
        now += random.nextLong(plan.pace()) + 1;
        var picked = urgent == null ? pick() : urgent;
        var process = picked.process;
        if (process != null && urgent == null && meetsItsFate(process)) {
            return true;
        }
        last = picked;
        current = picked;
        try {
            picked.resume();
        } finally {
            current = null;
        }
        if (violation != null) {
            throw violation;
        }
        if (picked.isOver()) {
            coroutines.remove(picked);
        }
        return true;
    }

    private Coroutine pick() {
        // In some schedules whoever runs is likely to go on, so that the others are left far behind.
        if (last != null && chance(plan.stubbornness()) && ready.contains(last)) {
            return last;
        }
        return oneOf(ready);
    }

    private boolean passTime() {
        var next = Long.MAX_VALUE;
        for (var coroutine : coroutines) {
            next = Math.min(next, coroutine.wakesAt());
        }
        if (next == Long.MAX_VALUE) {
            return false;
        }
        now = Math.max(now + 1, next);
        return true;
    }

    private boolean meetsItsFate(Process process) {
        if (strikes(Fault.CRASH)) {
            kill(process);
            return true;
        }
        if (strikes(Fault.PAUSE)) {
            // Who is about to call Keystone has just looked at its lease, and no lease bears more than its margin after
            // that.
            var works = coroutines.stream()
                    .anyMatch(one -> one.process == process
                            && one.next() == Coroutine.Next.KEYSTONE
                            && one.leaseEnds != Long.MAX_VALUE);
            process.pausedUntil = now + someTime(works ? 5 * SECOND : 10 * MINUTE);
            if (trace.isKept()) {
                trace.line(now, process.name, "stands still until %.3f s".formatted(process.pausedUntil / 1e6));
            }
            return true;
        }
        if (strikes(Fault.CLOCK_JUMP)) {
            // Back by less than a lease's margin: see above.
            process.clockError = Math.max(-10 * SECOND, process.clockError + random.nextLong(-10 * SECOND, 2 * MINUTE));
            trace.line(now, process.name, "its clock jumps");
        }
        return false;
    }
}
