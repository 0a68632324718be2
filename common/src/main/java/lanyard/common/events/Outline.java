package lanyard.common.events;

import org.jspecify.annotations.Nullable;

/**
 * What a trace says of one of our events: what it is about, and not what it says.
 *
 * @param traceparent where in the cluster's trace it was told; {@code null} if that is not known
 */
public record Outline(String type, String id, String cluster, @Nullable TraceParent traceparent) {}
