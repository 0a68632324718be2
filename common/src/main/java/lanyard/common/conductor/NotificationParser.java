package lanyard.common.conductor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import lanyard.common.conductor.ClusterNotification.Action;
import lanyard.common.conductor.ClusterNotification.Outcome;
import lanyard.common.events.wire.Reason;
import lanyard.common.events.wire.Refusal;
import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.StrictJson;
import org.jspecify.annotations.Nullable;

/**
 * Understands the conductor's notifications, and passes over those of every other service on the same topic at next to no cost.
 *
 * <p>It knows oslo.messaging's envelope 2.0, in which the notification is a text of JSON, and the notification without it, because
 * some bridges from RabbitMQ to Kafka unwrap it. It is lenient in what it does not use, and strict in what it does. It never
 * throws, whatever the bytes.
 */
public final class NotificationParser {
    private static final String PREFIX = "magnum.cluster.";

    /**
     * A body in which these bytes do not occur is not looked at any further. JSON could spell them with escapes (a backslash and
     * {@code u006d} for the first); but oslo.messaging serializes with Python's {@code json.dumps}, which escapes no letter and
     * no dot, and a bridge that did would be an odd one. To decode the thousands of messages a second of a big cloud on its
     * account would be the worse choice.
     */
    private static final byte[] MARK = PREFIX.getBytes(StandardCharsets.US_ASCII);

    private static final byte LAST = MARK[MARK.length - 1];

    /** How far the mark may be moved on when it ends over a given byte (Horspool): by its whole length for most. */
    private static final int[] SHIFT = new int[256];

    static {
        Arrays.fill(SHIFT, MARK.length);
        for (int i = 0; i < MARK.length - 1; i++) {
            SHIFT[MARK[i]] = MARK.length - 1 - i;
        }
    }

    private NotificationParser() {}

    /** What the body of one message says. A message without a body says nothing. */
    public static Parsed parse(byte @Nullable [] body) {
        if (body == null || !holdsMark(body)) {
            return new Parsed.Ignored();
        }
        try {
            return parse(StrictJson.text(body), true);
        } catch (Refusal refusal) {
            return new Parsed.Rejected(refusal.reason(), refusal.detail());
        }
    }

    private static boolean holdsMark(byte[] body) {
        for (int end = MARK.length; end <= body.length; end += SHIFT[body[end - 1] & 0xff]) {
            if (body[end - 1] == LAST && Arrays.equals(body, end - MARK.length, end, MARK, 0, MARK.length)) {
                return true;
            }
        }
        return false;
    }

    private static Parsed parse(String text, boolean mayBeEnvelope) throws Refusal {
        var fields = new CadfFields();
        try {
            StrictJson.read(text, fields::read);
        } catch (Refusal refusal) {
            // Not ours to complain about.
            if (isSomebodyElses(fields.eventType)) {
                return new Parsed.Ignored();
            }
            throw refusal;
        }
        return mayBeEnvelope && fields.osloMessage != null
                ? parse(unwrapped(fields.osloMessage, fields.osloVersion), false)
                : understood(fields);
    }

    /** What is in an envelope. Of its version only the major number matters (oslo.messaging's {@code version_is_compatible}). */
    private static String unwrapped(String message, @Nullable String version) throws Refusal {
        if (message.isEmpty()) {
            throw new Refusal(Reason.BAD_ENVELOPE, "oslo.message is no text");
        }
        if (version == null || !version.startsWith("2.")) {
            throw new Refusal(Reason.BAD_ENVELOPE, "oslo.version is missing, or its major number is not 2");
        }
        return message;
    }

    private static Parsed understood(CadfFields fields) throws Refusal {
        if (isSomebodyElses(fields.eventType)) {
            return new Parsed.Ignored();
        }
        var told = named(Action.class, fields.eventType, PREFIX);
        if (told == null) {
            throw new Refusal(Reason.BAD_ENVELOPE, "event_type is missing or no text");
        }
        var action = named(Action.class, fields.action, "");
        if (action == null) {
            throw new Refusal(Reason.UNKNOWN_ACTION, "payload.action is none of create, update and delete");
        }
        if (action != told) {
            throw new Refusal(Reason.CONTRADICTION, "event_type and payload.action name different actions");
        }
        var outcome = named(Outcome.class, fields.outcome, "");
        if (outcome == null) {
            throw new Refusal(Reason.UNKNOWN_OUTCOME, "payload.outcome is none of pending, success and failure");
        }
        return new Parsed.Cluster(
                new ClusterNotification(
                        cluster(fields.cluster),
                        action,
                        outcome,
                        project(action, fields.project),
                        owner(action, outcome, fields.user)),
                // Nothing depends on it, so one that is odd is no reason to refuse the message.
                Shape.TOKEN.fits(fields.request) ? fields.request : null);
    }

    /** Whether an event type is there and none that tells of a cluster's life. */
    private static boolean isSomebodyElses(@Nullable String eventType) {
        return eventType != null && !eventType.isEmpty() && named(Action.class, eventType, PREFIX) == null;
    }

    /** The constant whose name in lower case, after the prefix, is exactly the given text. */
    private static <E extends Enum<E>> @Nullable E named(Class<E> type, @Nullable String text, String prefix) {
        for (var constant : type.getEnumConstants()) {
            if ((prefix + constant.name().toLowerCase(Locale.ROOT)).equals(text)) {
                return constant;
            }
        }
        return null;
    }

    /** UUIDs may come in upper case (RFC 9562, section 4); here they are compared as text, so they get one form. */
    private static String cluster(@Nullable String id) throws Refusal {
        var canonical = id == null ? null : id.toLowerCase(Locale.ROOT);
        if (canonical == null || !Shape.CLUSTER.fits(canonical)) {
            throw new Refusal(Reason.BAD_CLUSTER_ID, Shape.CLUSTER.misfit("target.id", id));
        }
        return canonical;
    }

    /** Only a create needs the project: a delete must not be lost for want of what it has no use for. */
    private static @Nullable String project(Action action, @Nullable String id) throws Refusal {
        if (Shape.KEYSTONE_ID.fits(id)) {
            return id;
        }
        if (action == Action.CREATE) {
            throw new Refusal(
                    Reason.BAD_PROJECT_ID, Shape.KEYSTONE_ID.misfit("target.attachments[0].content.project_id", id));
        }
        return null;
    }

    /** The captures prove the initiator to be the owner on a create that is pending or failed at once, and nowhere else. */
    private static @Nullable String owner(Action action, Outcome outcome, @Nullable String user) throws Refusal {
        if (action != Action.CREATE || outcome == Outcome.SUCCESS || user == null) {
            return null;
        }
        if (!Shape.USER_ID.fits(user)) {
            throw new Refusal(Reason.BAD_USER_ID, Shape.USER_ID.misfit("initiator.user_id", user));
        }
        return user;
    }
}
