package lanyard.common.events.wire;

import java.util.Locale;

/** Why a message from a bus was refused. The {@link #label} counts it in metrics and names it in dead letters. */
public enum Reason {
    /** Longer than {@link StrictJson#LARGEST_BODY}. */
    TOO_LARGE,
    /** Not UTF-8. */
    NOT_UTF8,
    /** Not one complete JSON document. */
    NOT_JSON,
    /** JSON nested deeper than {@link StrictJson#DEEPEST}. */
    TOO_DEEP,
    /** An object has a key twice, so that two readers could understand different things. */
    DUPLICATE_KEY,
    /** JSON, but not in the envelope in which such messages come. */
    BAD_ENVELOPE,
    /** The cluster's id is missing or no UUID. */
    BAD_CLUSTER_ID,
    /** A project's id is needed, and is missing or has not the shape of one. */
    BAD_PROJECT_ID,
    /** A user's id has not the shape of one. */
    BAD_USER_ID,
    /** The action is missing or none of those that the conductor is known to tell. */
    UNKNOWN_ACTION,
    /** The outcome is missing or none of those that the conductor is known to tell. */
    UNKNOWN_OUTCOME,
    /** Two fields that must agree do not. */
    CONTRADICTION,
    /** The data of an event of ours is not what its type says. */
    BAD_DATA;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The reason in kebab-case. Stable: alerts are written against it. */
    public String label() {
        return label;
    }
}
