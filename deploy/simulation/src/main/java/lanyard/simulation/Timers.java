package lanyard.simulation;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What Mutiny waits with: a retry goes on in a coroutine of the process that it belongs to, in simulated time. How long it takes is
 * decided by the seed, and not by the jitter that Mutiny adds.
 */
final class Timers extends AbstractExecutorService implements ScheduledExecutorService {
    private static final long LONGEST = 10 * World.SECOND;

    @Override
    public void execute(Runnable command) {
        command.run();
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        var world = World.here();
        var timer = new Timer<@Nullable Void>(command);
        var wait = world.someTime(LONGEST);
        world.spawn(world.process(), "retry", () -> {
            world.sleep(wait);
            timer.run();
        });
        return timer;
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("nothing simulated waits for a value");
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long delay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException("nothing simulated is done at a rate");
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long delay, long pause, TimeUnit unit) {
        throw new UnsupportedOperationException("nothing simulated is done at a rate");
    }

    @Override
    public void shutdown() {
        // There is nothing to stop.
    }

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    private static final class Timer<V extends @Nullable Object> extends FutureTask<V> implements ScheduledFuture<V> {
        @SuppressWarnings("NullAway") // It answers nothing.
        Timer(Runnable command) {
            super(command, null);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }
}
