package lanyard.local.stack;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Jobs that run at the same time, and wait for each other's results as they need. The first that fails ends them all. */
final class Together implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    // One is for the caller, who may still add jobs until it waits for the end.
    private final AtomicInteger open = new AtomicInteger(1);

    <T extends @Nullable Object> Future<T> run(Callable<T> job) {
        open.incrementAndGet();
        return threads.submit(() -> {
            try {
                var result = job.call();
                finished();
                return result;
            } catch (Exception | Error e) {
                // Only the first is kept: those that waited for this job fail after it, and because of it.
                end.completeExceptionally(e);
                throw e;
            }
        });
    }

    private void finished() {
        if (open.decrementAndGet() == 0) {
            end.complete(null);
        }
    }

    /** Waits until all jobs are done, or one has failed. */
    void await() throws Exception {
        finished();
        try {
            end.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
