package lanyard.simulation;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import lanyard.common.conductor.NotificationParser;
import lanyard.common.conductor.Parsed;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialReady;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import org.jspecify.annotations.Nullable;

/** What goes over the bus, as bytes. */
final class Messages {
    private Messages() {}

    /** A notification of the conductor's, in oslo.messaging's envelope. */
    static byte[] notification(
            String cluster, String action, String outcome, @Nullable String project, @Nullable String owner) {
        var content = project == null ? "" : "\\\"project_id\\\": \\\"%s\\\"".formatted(project);
        var initiator = owner == null ? "" : "\\\"user_id\\\": \\\"%s\\\"".formatted(owner);
        return ("{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"event_type\\\": \\\"magnum.cluster." + action
                        + "\\\", \\\"payload\\\": {\\\"action\\\": \\\"" + action + "\\\", \\\"outcome\\\": \\\""
                        + outcome
                        + "\\\", \\\"initiator\\\": {" + initiator + "}, \\\"target\\\": {\\\"id\\\": \\\"" + cluster
                        + "\\\", \\\"attachments\\\": [{\\\"content\\\": {" + content + "}}]}}}\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** An event as an operator sends it. */
    static byte[] event(CredentialEvent event, long id, Instant time) {
        return EventCodec.write(event, "operator-" + id, "/lanyard/operator", time);
    }

    /** What a message says, in a few words, for the trace. */
    static String summary(byte[] body) {
        if (NotificationParser.parse(body) instanceof Parsed.Cluster(var told, var _)) {
            return "%s %s/%s".formatted(told.cluster().substring(0, 8), told.action(), told.outcome());
        }
        if (EventCodec.read(body) instanceof Read.Event(var event, var _, var _, var _)) {
            // What is sealed is sealed anew each time, and nobody reads it.
            return event instanceof CredentialReady ready
                    ? "CredentialReady[cluster=%s, generation=%d, purpose=%s]"
                            .formatted(ready.cluster(), ready.generation(), ready.purpose())
                    : event.toString();
        }
        return new String(body, 0, Math.min(body.length, 60), StandardCharsets.UTF_8);
    }
}
