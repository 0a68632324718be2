package lanyard.revoker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import lanyard.common.events.SweepFinished.Kind;
import lanyard.revoker.Sweep.Orphan;
import lanyard.revoker.Sweep.Suspect;

/** What seems to be an orphan, and since when. */
@Entity
@Table(name = "suspect")
class SuspectRow {
    @Id
    @Column
    String id;

    @Column(nullable = false)
    @Enumerated(EnumType.STRING)
    Kind kind;

    @Column(nullable = false)
    String whose;

    @Column(nullable = false)
    Instant since;

    /** Whether its removal was begun. If it is gone, that is still to be told. */
    @Column(nullable = false)
    boolean doomed;

    /** For Hibernate. */
    protected SuspectRow() {
        this(new Suspect(new Orphan(Kind.UNKNOWN, "", ""), Instant.EPOCH, false), false);
    }

    SuspectRow(Suspect suspect, boolean nowDoomed) {
        this.id = suspect.orphan().id();
        this.kind = suspect.orphan().kind();
        this.whose = suspect.orphan().whose();
        this.since = suspect.since();
        this.doomed = suspect.doomed() || nowDoomed;
    }

    void take(Suspect suspect, boolean nowDoomed) {
        kind = suspect.orphan().kind();
        whose = suspect.orphan().whose();
        since = suspect.since();
        doomed = suspect.doomed() || nowDoomed;
    }

    Suspect suspect() {
        return new Suspect(new Orphan(kind, id, whose), since, doomed);
    }
}
