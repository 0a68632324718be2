package lanyard.simulation;

import java.util.Locale;

/**
 * A fault that is built into the core on purpose, to see that the simulation finds it. Each is a subclass or a decorator here, or a
 * model that is wired differently: the services' own code knows nothing of them.
 */
public enum Mutation {
    /** The row of a cluster that is gone is cleaned up. */
    DROP_THE_TOMBSTONE,
    /** A message counts as read before what it says is committed. */
    ACKNOWLEDGE_BEFORE_COMMIT,
    /** A service whose database was set back reads on where it had got to. */
    READ_ON_AFTER_A_RESTORE,
    /** Nobody looks at leases for long: a row is claimed again while its worker is at work, and both commit. */
    SKIP_THE_LEASE,
    /** What a worker commits is what it read, whatever was heard meanwhile. */
    SETTLE_WITHOUT_REREADING,
    /** A lease that was not given back is never given to another. */
    LEASE_WITHOUT_END,
    /** Events are sent after the commit instead of being part of it. */
    PUBLISH_WITHOUT_OUTBOX,
    /** The relay claims whatever is unpublished, and not the oldest of its key. */
    RELAY_OUT_OF_ORDER,
    /** The relay marks messages as published before they are sent. */
    MARK_BEFORE_PUBLISHING,
    /** Of two generations the one that was heard last is wanted. */
    LAST_GENERATION_WINS,
    /** Of two phases the one that was heard last counts. */
    LAST_PHASE_WINS,
    /** A removal whose answer was lost counts as done, and nobody looks again. */
    BELIEVE_REMOVALS,
    /** An attempt that was given up is not told. */
    KEEP_QUIET_ABOUT_WITHDRAWAL,
    /** Whoever gives a share in the custodian back takes it for the last one. */
    EVERY_SHARE_IS_THE_LAST,
    /** A custodian that is being removed is used all the same. */
    USE_WHAT_IS_BEING_REMOVED,
    /** A custodian is kept for whatever trust there is from it, also for one to a user who is gone. */
    KEEP_FOR_NOBODY,
    /** Trusts of an earlier backend, or of an attempt that was cut short, stay. */
    KEEP_THE_SURPLUS,
    /** The door does not hear of revocations. */
    DOOR_IGNORES_REVOCATION,
    /** A failure is recorded, and nobody is told. */
    FAIL_SILENTLY,
    /** A message that can't be understood is dropped. */
    DROP_POISON,
    /** Nobody asks the conductor whether a cluster is gone that was told to be. */
    BELIEVE_FORGED_DELETES,
    /** What is not on the conductor's list counts as gone, and so it does if a part of the list did not come. */
    HEAL_FROM_PART_OF_A_LIST,
    /** What the conductor's list says of clusters without a credential is not told. */
    TELL_NOTHING_OF_THE_LIST,
    /** What seems to be an orphan is removed when it is first seen. */
    SWEEP_WITHOUT_GRACE,
    /** Nobody asks whether all was heard that was told before something is swept. */
    SWEEP_WITHOUT_ASKING_WHAT_WAS_HEARD;

    /** Its name in lower case, as on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
