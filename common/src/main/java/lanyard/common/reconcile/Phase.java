package lanyard.common.reconcile;

/**
 * How far the life of a cluster has got, in the only order it can go. A cluster's UUID is never used again, so the later phase
 * always wins, whatever the order in which it was heard.
 */
public enum Phase {
    /** The cluster is there, or is being made. */
    PRESENT,
    /** Its deletion has begun: it keeps what it has, for its own clean-up, and is granted nothing new. */
    DELETING,
    /** It is gone, or must be treated so. */
    ABSENT;

    /** The later of two phases. */
    public Phase join(Phase other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
