package lanyard.common.events;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.Shape.Misfit;
import org.jspecify.annotations.Nullable;

/**
 * What is Lanyard's in Keystone was compared with what should be there. Whatever was removed is listed.
 *
 * @param cluster {@link #NO_CLUSTER}
 * @param request which request this answers; {@code null} for a sweep on schedule
 * @param dry whether nothing was to be removed
 * @param message why nothing was removed, or not all was seen, and what to do about it; cut at {@value Legible#LONGEST} characters.
 *     {@code null} if there is nothing to say
 * @param ours how many users and trusts in Keystone are Lanyard's by their names
 * @param foreign how many others are in its domain; they are never touched
 * @param most how many orphans there may be, for any to be removed
 * @param orphans those that belong to no living cluster, those first that are longest known to; at most {@value #MOST_LISTED}
 * @param more how many further orphans there are; none of them was removed
 */
public record SweepFinished(
        String cluster,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String request,
        boolean dry,
        Outcome outcome,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String message,
        int ours,
        int foreign,
        int most,
        List<Orphan> orphans,
        int more)
        implements CredentialEvent {
    public static final String TYPE = "sweep.finished";

    /** The most orphans that one event lists, and so the most that one sweep removes. */
    public static final int MOST_LISTED = 100;

    private static final int MOST_COUNTED = 100_000_000;

    /** How it ended. Written in kebab-case. */
    public enum Outcome {
        /** What was due was removed, as far as it went, or would have been. */
        DONE,
        /** Nothing was removed: there are more orphans than can be right. */
        TOO_MANY,
        /** Nothing was removed: no living cluster is known, though Keystone holds some clusters' users. */
        NONE_LIVE,
        /** Nothing was removed: what was told on the bus has not all been heard. */
        BEHIND,
        /** Nothing was removed: Keystone could not be looked at. */
        FAILED,
        /** Only ever read: a newer version's word that this version does not know. */
        @JsonEnumDefaultValue
        UNKNOWN;

        private final String code = word(this);

        @JsonValue
        public String code() {
            return code;
        }
    }

    /** What kind of thing in Keystone. */
    public enum Kind {
        /** A cluster's own user. */
        TRUSTEE,
        /** A trust from a custodian to the token issuer's user. */
        TRUST,
        /** A project's custodian. */
        CUSTODIAN,
        /** Only ever read: a newer version's word that this version does not know. */
        @JsonEnumDefaultValue
        UNKNOWN;

        private final String code = word(this);

        @JsonValue
        public String code() {
            return code;
        }
    }

    /** What became of it. */
    public enum Fate {
        /** It is not known for long enough. */
        WAITING,
        /** It would be removed. */
        DUE,
        /** It was removed; of a trustee, its removal was begun, and ends with {@code credential.revoked}. */
        REMOVED,
        /** It could not be removed; the next sweep tries again. */
        LEFT,
        /** Only ever read: a newer version's word that this version does not know. */
        @JsonEnumDefaultValue
        UNKNOWN;

        private final String code = word(this);

        @JsonValue
        public String code() {
            return code;
        }
    }

    /**
     * Something of Lanyard's in Keystone that belongs to no living cluster.
     *
     * @param id Keystone's id of the user or trust
     * @param of the cluster's UUID for a trustee, otherwise the project's id
     * @param since when it was first seen to be an orphan
     * @param due when it may be removed
     */
    public record Orphan(Kind kind, String id, String of, Instant since, Instant due, Fate fate) {
        public Orphan {
            Shape.present("kind", kind);
            Shape.USER_ID.require("id", id);
            Shape.KEYSTONE_ID.require("of", of);
            Rfc3339.require("since", since);
            Rfc3339.require("due", due);
            Shape.present("fate", fate);
        }
    }

    public SweepFinished {
        requireNone(cluster);
        if (request != null) {
            Shape.TOKEN.require("request", request);
        }
        Shape.present("outcome", outcome);
        message = message == null ? null : Legible.line(message);
        Shape.between("ours", ours, 0, MOST_COUNTED);
        Shape.between("foreign", foreign, 0, MOST_COUNTED);
        Shape.between("most", most, 0, MOST_COUNTED);
        orphans = Shape.distinct("orphans", orphans, 0, MOST_LISTED, Orphan::id);
        Shape.between("more", more, 0, MOST_COUNTED);
    }

    @Override
    public String type() {
        return TYPE;
    }

    /** Whether anything in it is a word that this version does not know. */
    boolean saysUnknown() {
        return outcome == Outcome.UNKNOWN
                || orphans.stream().anyMatch(orphan -> orphan.kind == Kind.UNKNOWN || orphan.fate == Fate.UNKNOWN);
    }

    static void requireNone(@Nullable String cluster) {
        if (!NO_CLUSTER.equals(cluster)) {
            throw new Misfit("cluster is not the nil UUID");
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
