package lanyard.common.tracing;

import lanyard.common.events.CredentialEvent;
import lanyard.common.events.TraceParent;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** What the lines of a log that are written in JSON have beside their text, where it is known. */
public final class LogFields {
    private static final String CLUSTER = "cluster";
    private static final String TRACE = "traceId";
    private static final String REQUEST = "requestId";

    private LogFields() {}

    /** Does something whose lines are about this cluster and this request. */
    public static void during(@Nullable String cluster, @Nullable String request, Runnable work) {
        if (cluster != null && !cluster.equals(CredentialEvent.NO_CLUSTER)) {
            MDC.put(CLUSTER, cluster);
            MDC.put(TRACE, TraceParent.traceId(cluster));
        }
        if (request != null) {
            MDC.put(REQUEST, request);
        }
        try {
            work.run();
        } finally {
            MDC.remove(CLUSTER);
            MDC.remove(TRACE);
            MDC.remove(REQUEST);
        }
    }
}
