package lanyard.common.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import lanyard.common.events.TraceParent;
import org.jspecify.annotations.Nullable;

/** Something that goes on in a cluster's trace, until it ends. Takes ids and outcomes, and nothing that came as text from outside. */
public final class OpenSpan {
    /** Where nothing is traced. */
    public static final OpenSpan NONE = new OpenSpan("", null, Span.getInvalid());

    private final String cluster;
    private final @Nullable String request;
    private final Span span;

    OpenSpan(String cluster, @Nullable String request, Span span) {
        this.cluster = cluster;
        this.request = request;
        this.span = span;
    }

    /** The request of the conductor's that it comes from; {@code null} if that is not known. */
    @Nullable
    String request() {
        return request;
    }

    /** Its place in the trace; {@code null} where nothing is traced. */
    @Nullable
    TraceParent place() {
        return this == NONE
                ? null
                : new TraceParent(cluster, span.getSpanContext().getSpanId());
    }

    /** Says more of it. */
    public OpenSpan with(String attribute, String value) {
        span.setAttribute(attribute, value);
        return this;
    }

    /** It did not do what it was for. */
    public void fail(String why) {
        span.setStatus(StatusCode.ERROR, why);
    }

    /** It is over. */
    public void end() {
        span.end();
    }
}
