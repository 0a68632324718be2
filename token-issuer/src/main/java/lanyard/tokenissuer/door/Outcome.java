package lanyard.tokenissuer.door;

import java.time.Duration;
import lanyard.common.events.TokenIssued.Source;
import lanyard.tokenissuer.Held;

/** How a request at the door ends. */
sealed interface Outcome {
    /** With this token. */
    record Granted(Held token, Source source) implements Outcome {}

    /** It will fail again. Whatever the reason is, the client is answered the same, in the same time. */
    record Refused(Hindrance why) implements Outcome {}

    /** It may work in a moment. */
    record Unavailable(Hindrance why) implements Outcome {}

    /** It was asked too often. */
    record Throttled(Duration retryAfter) implements Outcome {}
}
