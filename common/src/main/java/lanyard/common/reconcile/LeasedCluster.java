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
    private static final int LONGEST_WHY = 1000;

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

    /** Claims since the row was last at rest; what was new since then left one of them, so that the waits begin anew. */
    @Column(nullable = false)
    public int attempts;

    /** Since when every attempt has failed; {@code null} if the last one did not. */
    @Column
    public @Nullable Instant failingSince;

    /** When the last attempt failed; {@code null} if it did not. */
    @Column
    public @Nullable Instant failedAt;

    /** Why the last attempt failed, in words of ours; {@code null} if it did not. */
    @Column
    public @Nullable String why;

    /** For Hibernate. */
    protected LeasedCluster() {}

    /** Whether the row is still this worker's own. */
    public boolean isLeasedBy(Lease claimed) {
        return claimed.id().equals(lease);
    }

    /** Something new is true of the cluster: the row is due at once, and what it has failed at before keeps it waiting no longer. */
    public void due(Instant now) {
        dueAt = now;
        unsettledSince = unsettledSince == null ? now : unsettledSince;
        // That there was an attempt before is not forgotten: it may have left something.
        attempts = Math.min(attempts, 1);
    }

    /**
     * An operator wants another attempt: a row that waits after a failed one, or rests after it, is due at once. Whatever else the
     * row is at, it stays as it is.
     *
     * @param pause the least time since the attempt that failed, so that asking often does not mean trying often
     * @return whether there will be another attempt
     */
    public boolean retry(Instant now, Duration pause) {
        var waits = lease == null && (dueAt == null || dueAt.isAfter(now));
        if (failedAt == null || !waits || now.isBefore(failedAt.plus(pause))) {
            return false;
        }
        due(now);
        return true;
    }

    /** Puts the row to rest and gives the lease back: nothing is left to do. */
    public void settle() {
        rest();
        release(null);
    }

    /** An attempt failed: notes why, and gives the lease back until {@code due}. */
    public void fail(String reason, Instant now, Instant due) {
        note(reason, now);
        retryAfter(now, Duration.between(now, due));
    }

    /** An attempt failed and would fail again: notes why, and gives the lease back until something is heard. */
    public void park(String reason, Instant now) {
        var since = failingSince;
        settle();
        failingSince = since;
        note(reason, now);
    }

    private void note(String reason, Instant now) {
        failingSince = failingSince == null ? now : failingSince;
        failedAt = now;
        // The database takes no NUL, and a reason must not be what keeps an attempt from coming to its end.
        var line = reason.replaceAll("[\\p{Cc}\\p{Cs}]+", " ");
        why = line.substring(0, Math.min(line.length(), LONGEST_WHY));
    }

    /** Puts the row to rest until that time, and gives the lease back. */
    public void restUntil(Instant now, Instant due) {
        rest();
        release(later(now, due));
    }

    /** Gives the lease back after an attempt that did not get through; the row is due again after that time. */
    public void retryAfter(Instant now, Duration wait) {
        release(later(now, now.plus(wait)));
    }

    private void rest() {
        unsettledSince = null;
        attempts = 0;
        failingSince = null;
        failedAt = null;
        why = null;
    }

    private void release(@Nullable Instant due) {
        dueAt = due;
        lease = null;
        leasedUntil = null;
    }

    /**
     * A row is claimed when it is due by the database's clock. If that is still to come by the worker's own, this one is behind: what is
     * not far ahead of it is past for the database, and the row would be claimed over and over, without a pause. So a wait begins when
     * the row was due, and not before.
     */
    private Instant later(Instant now, Instant due) {
        return dueAt == null || !dueAt.isAfter(now) ? due : due.plus(Duration.between(now, dueAt));
    }
}
