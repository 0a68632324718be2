package lanyard.common.conductor;

import lanyard.common.events.wire.Reason;

/** What a message from the conductor's bus turned out to be. */
public sealed interface Parsed {
    /** The conductor told something about one of its clusters. */
    record Cluster(ClusterNotification notification) implements Parsed {}

    /** Somebody else's message, or one of the conductor's that is about no cluster's life. */
    record Ignored() implements Parsed {}

    /**
     * Seems to be about a cluster, and can't be understood: it belongs to the dead letters.
     *
     * @param detail what is wrong with it, for an operator; holds nothing of the message's content
     */
    record Rejected(Reason reason, String detail) implements Parsed {}
}
