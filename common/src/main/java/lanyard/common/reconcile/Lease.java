package lanyard.common.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The sole right to work on a cluster's row, for a time.
 *
 * @param id tells this claim from every other one, so that a commit can see whether the row is still ours
 * @param attempts claims since the row was last at rest, from 1
 * @param until when it runs out; from then on another replica may hold a lease on the same row
 * @param held whether the others see that its holder lives; if not, they take the row over after a short grace
 */
public record Lease(String cluster, UUID id, int attempts, Instant until, BooleanSupplier held) {
    /** One step on Keystone is a few calls, each bounded in time; with less than this left of a lease none is begun. */
    static final Duration MARGIN = Duration.ofSeconds(60);

    /** Whether too little is left of the lease to begin another step, or nobody knows how much. */
    public boolean endsSoon(Instant now) {
        return !held.getAsBoolean() || now.isAfter(until.minus(MARGIN));
    }
}
