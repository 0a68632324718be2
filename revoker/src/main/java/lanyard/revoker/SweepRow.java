package lanyard.revoker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepFinished.Outcome;
import org.jspecify.annotations.Nullable;

/** Whose turn it is to sweep, and how the last sweep ended. There is one row. */
@Entity
@Table(name = "sweep")
class SweepRow {
    static final int ID = 1;

    @Id
    @Column
    int id;

    /** Who sweeps: one claim, not one process. {@code null} when nobody does. */
    @Column
    @Nullable
    UUID lease;

    @Column
    @Nullable
    Instant leasedUntil;

    /** When the last sweep ended, a dry one included. */
    @Column
    @Nullable
    Instant endedAt;

    /** When the last sweep ended that was not a dry one. */
    @Column
    @Nullable
    Instant sweptAt;

    /** How that one ended, and what it counted. */
    @Column
    @Enumerated(EnumType.STRING)
    @Nullable
    Outcome outcome;

    @Column(nullable = false)
    int ours;

    @Column(nullable = false)
    int foreigners;

    /** Gives the turn back. */
    void end(Instant now) {
        lease = null;
        leasedUntil = null;
        endedAt = now;
    }

    /** Notes how a sweep ended that was not a dry one; what it counted, if it could. */
    void swept(Instant now, SweepFinished event, boolean counted) {
        sweptAt = now;
        outcome = event.outcome();
        ours = counted ? event.ours() : ours;
        foreigners = counted ? event.foreign() : foreigners;
    }
}
