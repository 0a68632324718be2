package lanyard.common.reconcile;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/** How long a worker waits before the next attempt. */
@ApplicationScoped
public class Waits {
    private final Backoff backoff;
    private final DoubleSupplier chance;

    @Inject
    Waits(ReconcileConfig config) {
        this(config.backoff(), () -> ThreadLocalRandom.current().nextDouble());
    }

    /** @param chance gives numbers from 0 (inclusive) to 1 (exclusive) */
    public Waits(Backoff backoff, DoubleSupplier chance) {
        this.backoff = backoff;
        this.chance = chance;
    }

    /** @param attempts made so far, from 1 */
    public Duration after(int attempts) {
        return backoff.after(attempts, chance.getAsDouble());
    }
}
