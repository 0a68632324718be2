package lanyard.common.reconcile;

import java.time.Instant;
import java.util.UUID;

/**
 * The sole right to work on a cluster's row, for a time.
 *
 * @param id tells this claim from every other one, so that a commit can see whether the row is still ours
 * @param attempts claims since the row was last at rest, from 1
 * @param until when it runs out; from then on another replica may hold a lease on the same row
 */
public record Lease(String cluster, UUID id, int attempts, Instant until) {}
