package lanyard.common.reconcile;

import jakarta.persistence.Column;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.MappedSuperclass;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The part of a cluster's row that every service has: its phase, and when and by whom it is worked on. */
@MappedSuperclass
public abstract class LeasedCluster {
    /** A row that is due by the database's clock and not yet by a worker's own is looked at no oftener than this. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    @Id
    @Column
    public String cluster;

    @Column(nullable = false)
    @Enumerated(EnumType.STRING)
    public Phase phase;

    /** When the row wants to be worked on next; {@code null} when all is as it should be. */
    @Column
    public @Nullable Instant dueAt;

    /** Since when the row is not as it should be; {@code null} while it is at rest. */
    @Column
    public @Nullable Instant unsettledSince;

    /** Who works on it: one claim, not one process. {@code null} when nobody does. */
    @Column
    public @Nullable UUID lease;

    @Column
    public @Nullable Instant leasedUntil;

    /** Claims since the row was last at rest. */
    @Column(nullable = false)
    public int attempts;

    /** For Hibernate. */
    protected LeasedCluster() {}

    /** Whether the row is still this worker's own. */
    public boolean isLeasedBy(Lease claimed) {
        return claimed.id().equals(lease);
    }

    /** Something new is true of the cluster: the row is due at once. */
    public void due(Instant now) {
        dueAt = now;
        unsettledSince = unsettledSince == null ? now : unsettledSince;
    }

    /** Puts the row to rest and gives the lease back: nothing is left to do. */
    public void settle() {
        rest();
        release(null);
    }

    /** Puts the row to rest until that time, and gives the lease back. */
    public void restUntil(Instant due) {
        rest();
        release(later(due));
    }

    /** Gives the lease back after an attempt that did not get through; the row is due again at that time. */
    public void retryAt(Instant due) {
        release(later(due));
    }

    private void rest() {
        unsettledSince = null;
        attempts = 0;
    }

    private void release(@Nullable Instant due) {
        dueAt = due;
        lease = null;
        leasedUntil = null;
    }

    /**
     * A row is claimed when it is due by the database's clock. If it is to be due no later than it was, the worker's own clock is behind
     * that one: without a pause the row would be claimed over and over, until the worker's clock has got there.
     */
    private Instant later(Instant due) {
        return dueAt == null || due.isAfter(dueAt) ? due : dueAt.plus(PAUSE);
    }
}
