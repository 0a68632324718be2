package lanyard.provisioner;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** A project that has, or may have, a custodian. Its lock orders the custodian's making and its removal. */
@Entity
@Table(name = "project")
class ProjectRow {
    @Id
    @Column
    String project;

    /** Id of the master key of the custodian's password; written before the custodian has it. */
    @Column(nullable = false)
    String key;

    /** Id of the master key of the password that the custodian may have still; {@code null} once it has that of {@link #key}. */
    @Column
    @Nullable
    String previousKey;

    /** Whether the custodian is being removed: until that is done, nobody may make use of it. */
    @Column(nullable = false)
    boolean removing;

    /** For Hibernate. */
    protected ProjectRow() {
        this("", "");
    }

    ProjectRow(String project, String key) {
        this.project = project;
        this.key = key;
    }

    /**
     * The custodian is about to get the password of this key.
     *
     * @return whether it is another key than before
     */
    boolean moveTo(String newKey) {
        if (key.equals(newKey)) {
            return false;
        }
        previousKey = previousKey == null ? key : previousKey;
        key = newKey;
        return true;
    }
}
