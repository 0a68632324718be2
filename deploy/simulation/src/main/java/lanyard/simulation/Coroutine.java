package lanyard.simulation;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes on by itself, from one step to the next. Between two steps it can be left, for a while or for good: then what is
 * on its stack is lost, as in a process that was killed, and no {@code finally} is run.
 */
final class Coroutine {
    private static final ContinuationScope SCOPE = new ContinuationScope("simulation");
    private static final BooleanSupplier ALWAYS = () -> true;
    private static final LongSupplier NEVER = () -> Long.MAX_VALUE;

    /** What it is about to do. */
    enum Next {
        COMPUTE,
        KEYSTONE,
        POSTGRES,
        KAFKA
    }

    final String name;
    final @Nullable Process process;
    /** When the lease that it works under runs out; far away if it works under none. */
    final long leaseEnds;

    private final Continuation body;
    private BooleanSupplier ready = ALWAYS;
    private LongSupplier wakesAt = NEVER;
    private Next next = Next.COMPUTE;

    Coroutine(String name, @Nullable Process process, long leaseEnds, Runnable body) {
        this.name = name;
        this.process = process;
        this.leaseEnds = leaseEnds;
        this.body = new Continuation(SCOPE, body);
    }

    /** Leaves the coroutine that runs, until it is resumed. */
    void leave(Next upcoming, BooleanSupplier until, LongSupplier time) {
        next = upcoming;
        ready = until;
        wakesAt = time;
        if (!Continuation.yield(SCOPE)) {
            throw new IllegalStateException("could not leave " + name);
        }
    }

    void leave(Next upcoming) {
        leave(upcoming, ALWAYS, NEVER);
    }

    /** Goes on to the next step, or to the end. */
    void resume() {
        body.run();
    }

    boolean isOver() {
        return body.isDone();
    }

    boolean isReady(long now) {
        return (process == null || process.pausedUntil <= now) && ready.getAsBoolean();
    }

    /** When it may be ready, if nothing else happens. */
    long wakesAt() {
        var at = wakesAt.getAsLong();
        return process == null ? at : Math.max(at, process.pausedUntil);
    }

    Next next() {
        return next;
    }
}
