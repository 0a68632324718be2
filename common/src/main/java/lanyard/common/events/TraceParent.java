package lanyard.common.events;

import java.util.regex.Pattern;
import lanyard.common.events.wire.Shape;
import lanyard.common.events.wire.Shape.Misfit;
import org.jspecify.annotations.Nullable;

/**
 * A place in the trace of a cluster's life, as the attribute {@code traceparent} of an event tells it (W3C Trace Context; the CloudEvents
 * extension Distributed Tracing).
 *
 * <p>The trace's id is the cluster's UUID without its dashes. So whoever knows the cluster knows the trace, in every service, after
 * every restart, and whether or not the event before was lost; and a sender can't move a cluster into another trace.
 *
 * @param cluster whose trace it is
 * @param span id of the span, 16 hexadecimal digits
 */
public record TraceParent(String cluster, String span) {
    private static final Pattern SPAN = Pattern.compile("(?!0{16})[0-9a-f]{16}");

    /** Later versions than 00 may say more behind the flags; ff is none. */
    private static final Pattern HEADER =
            Pattern.compile("(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,200})?");

    public TraceParent {
        if (!isTraceable(cluster) || !SPAN.matcher(span).matches()) {
            throw new Misfit("no place in a cluster's trace");
        }
    }

    /** Whether that is a cluster that can have a trace: an id of zeros alone is none. */
    public static boolean isTraceable(@Nullable String cluster) {
        return Shape.CLUSTER.fits(cluster) && !CredentialEvent.NO_CLUSTER.equals(cluster);
    }

    /** The id of the trace of this cluster's life. */
    public static String traceId(String cluster) {
        return cluster.replace("-", "");
    }

    /**
     * The place that a {@code traceparent} names; {@code null} if it names none that was recorded, or one in the trace of anything but
     * this cluster. It may be anybody's.
     */
    public static @Nullable TraceParent read(@Nullable String text, String cluster) {
        if (text == null || !isTraceable(cluster)) {
            return null;
        }
        var header = HEADER.matcher(text);
        var legible = header.matches()
                && (header.group(5) == null || !header.group(1).equals("00"))
                && header.group(2).equals(traceId(cluster))
                && SPAN.matcher(header.group(3)).matches()
                && isSampled(header.group(4));
        return legible ? new TraceParent(cluster, header.group(3)) : null;
    }

    private static boolean isSampled(String flags) {
        return (Integer.parseInt(flags, 16) & 1) == 1;
    }

    /** As it is written. */
    @Override
    public String toString() {
        return "00-" + traceId(cluster) + "-" + span + "-01";
    }
}
