package lanyard.common.reconcile;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import lanyard.common.database.Lifeline;
import lanyard.common.tracing.OpenSpan;
import lanyard.common.tracing.Tracing;
import org.jboss.logging.Logger;

/**
 * The loop that makes true what the rows say: claims due rows and has the service's {@link Reconciliation} work on them, a bounded
 * number at a time. Any number of replicas run it. It wakes when a row becomes due and otherwise looks at an interval, so a lost
 * wake-up costs time and nothing else.
 */
@ApplicationScoped
class Reconciler {
    private static final Logger LOG = Logger.getLogger(Reconciler.class);

    private final Leases leases;
    private final Reconciliation reconciliation;
    private final Lifeline lifeline;
    private final Semaphore free;
    private final Duration interval;
    private final Waits waits;
    private final Tracing tracing;
    private final Semaphore bell = new Semaphore(0);
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("reconcile-", 0).factory());
    /** Leases that could not be given back, with how: for when the database answers again. */
    private final Queue<Runnable> unreturned = new ConcurrentLinkedQueue<>();

    private volatile boolean running = true;

    Reconciler(
            Leases leases,
            Reconciliation reconciliation,
            Lifeline lifeline,
            Waits waits,
            ReconcileConfig config,
            Tracing tracing) {
        this.leases = leases;
        this.reconciliation = reconciliation;
        this.lifeline = lifeline;
        this.free = new Semaphore(config.concurrency());
        this.interval = config.interval();
        this.waits = waits;
        this.tracing = tracing;
    }

    void start(@Observes StartupEvent event) {
        lifeline.on("cluster", bell::release);
        Thread.ofVirtual().name("reconciler").start(this::run);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        running = false;
        bell.release();
        workers.shutdown();
        // What does not end in time keeps its lease until the process is gone; another replica then goes on from the
        // row.
        if (!workers.awaitTermination(10, TimeUnit.SECONDS)) {
            workers.shutdownNow();
        }
    }

    private void run() {
        while (running) {
            try {
                free.acquire();
                int places = 1 + free.drainPermits();
                var claimed = claim(places);
                free.release(places - claimed.size());
                claimed.forEach(this::begin);
                if (claimed.size() < places) {
                    bell.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS);
                    bell.drainPermits();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("the reconcile loop stumbled and goes on", e);
            }
        }
    }

    /** Claims due rows for that many workers, after giving back what could not be before; none while the database does not answer. */
    List<Lease> claim(int places) {
        try {
            for (var giving = unreturned.peek(); giving != null; giving = unreturned.peek()) {
                giving.run();
                unreturned.remove();
            }
            return leases.claim(places);
        } catch (RuntimeException e) {
            LOG.warnf("can't claim rows, trying again in %s: %s", interval, e.getMessage());
            return List.of();
        }
    }

    private void begin(Lease lease) {
        try {
            workers.execute(() -> work(lease));
        } catch (RejectedExecutionException e) {
            // Stopped since the claim: another replica need not wait until the lease runs out.
            giveBack(lease, () -> leases.giveBack(lease, Duration.ZERO));
        }
    }

    /** One worker's work, from the claim until the lease is given back. */
    void work(Lease lease) {
        try {
            tracing.walk(lease.cluster(), lease.attempts(), walk -> work(lease, walk));
        } finally {
            free.release();
            bell.release();
        }
    }

    private void work(Lease lease, OpenSpan walk) {
        try {
            reconciliation.reconcile(lease);
        } catch (RuntimeException e) {
            LOG.errorf(e, "cluster %s could not be reconciled and will be tried again", lease.cluster());
            // What an exception says may quote anything; its type can't.
            var why = "the attempt broke off (%s): the log says more"
                    .formatted(e.getClass().getSimpleName());
            walk.fail(why);
            giveBack(lease, () -> leases.fail(lease, waits.after(lease.attempts()), why));
        }
    }

    private void giveBack(Lease lease, Runnable giving) {
        try {
            giving.run();
        } catch (RuntimeException e) {
            // There are no more of these than workers: without the database nothing is claimed.
            unreturned.add(giving);
            LOG.warnf("the lease on cluster %s can't be given back yet: %s", lease.cluster(), e.getMessage());
        }
    }
}
