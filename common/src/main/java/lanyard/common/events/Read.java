package lanyard.common.events;

import java.time.Instant;
import lanyard.common.events.wire.Reason;

/** What a message on Lanyard's own topic turned out to be. */
public sealed interface Read {
    /**
     * One of our events.
     *
     * @param id of this event; the same when it is delivered again
     * @param time when it happened, by its sender's clock
     * @param source which service tells it, such as {@code /lanyard/revoker}
     */
    record Event(CredentialEvent event, String id, Instant time, String source) implements Read {}

    /** A CloudEvent of a type, or of a revision of a type, that this version does not know. */
    record Ignored() implements Read {}

    /**
     * Not one of our events, or a broken one: it belongs to the dead letters.
     *
     * @param detail what is wrong with it, for an operator; holds nothing of the message's content
     */
    record Rejected(Reason reason, String detail) implements Read {}
}
