package lanyard.common.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/** What no notification looks like is answered all the same. */
class AnyNotificationTest {
    @Property(tries = 2_000)
    void anyBytesAreAnswered(@ForAll byte[] body) {
        assertThat(NotificationParser.parse(body)).isNotNull();
    }

    @Property(tries = 2_000)
    void anyBytesAroundTheMarkAreAnswered(@ForAll @Size(max = 64) byte[] before, @ForAll @Size(max = 64) byte[] after) {
        var mark = "magnum.cluster.".getBytes(StandardCharsets.US_ASCII);
        var body = new byte[before.length + mark.length + after.length];
        System.arraycopy(before, 0, body, 0, before.length);
        System.arraycopy(mark, 0, body, before.length, mark.length);
        System.arraycopy(after, 0, body, before.length + mark.length, after.length);

        assertThat(NotificationParser.parse(body)).isInstanceOf(Parsed.Rejected.class);
    }

    @Property(tries = 2_000)
    void anyTextAsTheMessageIsAnswered(@ForAll String message) {
        var envelope =
                Notification.json("{\"oslo.version\": \"2.0\"}").put("oslo.message", message + "magnum.cluster.");

        assertThat(NotificationParser.parse(Notification.bytes(envelope))).isInstanceOf(Parsed.Rejected.class);
    }
}
