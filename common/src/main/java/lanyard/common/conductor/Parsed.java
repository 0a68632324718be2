package lanyard.common.conductor;

import lanyard.common.events.wire.Reason;
import org.jspecify.annotations.Nullable;

/** What a message from the conductor's bus turned out to be. */
public sealed interface Parsed {
    /**
     * The conductor told something about one of its clusters.
     *
     * @param request id of the conductor's own request that it was told in, for logs and traces; {@code null} if that is not known
     */
    record Cluster(ClusterNotification notification, @Nullable String request) implements Parsed {}

    /** Somebody else's message, or one of the conductor's that is about no cluster's life. */
    record Ignored() implements Parsed {}

    /**
     * Seems to be about a cluster, and can't be understood: it belongs to the dead letters.
     *
     * @param detail what is wrong with it, for an operator; holds nothing of the message's content
     */
    record Rejected(Reason reason, String detail) implements Parsed {}
}
