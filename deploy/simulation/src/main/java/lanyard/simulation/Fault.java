package lanyard.simulation;

import java.util.Locale;

/** What goes wrong. */
enum Fault {
    /** A process is killed between two steps. */
    CRASH,
    /** A process stands still for a while, and does not know. */
    PAUSE,
    /** The clock of a process, or of the database, jumps. */
    CLOCK_JUMP,
    /** The conductor's message never comes. */
    MESSAGE_LOST,
    MESSAGE_DUPLICATED,
    MESSAGE_DELAYED,
    /** A message that nobody can understand. */
    POISON,
    /** A create that names another owner: somebody lies. */
    FORGED_CREATE,
    /** A delete of a cluster that lives: somebody lies. */
    FORGED_DELETE,
    /** Partitions change hands. */
    REBALANCE,
    /** For a while a service reads nothing of a topic, and does all else. */
    READING_STALLS,
    /** The broker did not take what was sent. */
    PUBLISH_FAILED,
    /** The broker took it, and its answer was lost. */
    PUBLISH_UNCONFIRMED,
    /** The broker takes it late. */
    PUBLISH_DELAYED,
    /** The database broke off before a statement, or before the commit. */
    ROLLBACK,
    /** It was committed, and the answer was lost. */
    COMMIT_UNCONFIRMED,
    /** The session breaks by which the others see that a process lives, or that of every process does. */
    SESSION_LOST,
    /** Keystone was not reached, or failed before it did anything. */
    KEYSTONE_UNAVAILABLE,
    /** Keystone takes its time before it does anything. */
    KEYSTONE_SLOW,
    /** Keystone did it, and its answer was lost. */
    KEYSTONE_UNCONFIRMED,
    /** Keystone did a part of it, and failed. */
    KEYSTONE_PARTIAL,
    /** Keystone refuses what it took before, and takes it again later. */
    KEYSTONE_REFUSES,
    /** For some minutes Keystone answers nothing. */
    KEYSTONE_OUTAGE,
    /** For some minutes the conductor's API answers nothing. */
    CONDUCTOR_UNAVAILABLE,
    /** The conductor's API takes its time. */
    CONDUCTOR_SLOW,
    /** An operator changes something in Keystone by hand. */
    OPERATOR,
    /** The database of a service is set back to a backup. */
    DATABASE_RESTORED;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
