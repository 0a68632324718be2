package lanyard.common.database;

import org.jspecify.annotations.Nullable;

/** How the other replicas see that this process lives. */
public interface Presence {
    /** What the database shows of this process just now; {@code null} while that is nothing. */
    @Nullable
    Standing standing();

    /** Whether the database shows it just now. */
    default boolean isSeen() {
        return standing() != null;
    }

    /**
     * A process that is seen.
     *
     * @param holder the process, in eight hexadecimal digits: the same as long as it lives
     * @param session tells this session with the database from the process's other ones
     */
    record Standing(String holder, long session) {}
}
