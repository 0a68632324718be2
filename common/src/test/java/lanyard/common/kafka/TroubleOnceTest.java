package lanyard.common.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.Test;

class TroubleOnceTest {
    private final TroubleOnce filter = new TroubleOnce();

    @Test
    void aComplaintIsMadeOnceAndAnotherOneToo() {
        assertThat(filter.isLoggable(complaint("no such user"))).isTrue();
        assertThat(filter.isLoggable(complaint("no such user"))).isFalse();
        assertThat(filter.isLoggable(complaint("no such topic"))).isTrue();
    }

    @Test
    void whyItFailedStandsInTheLineAndNotInAStackTrace() {
        var complaint = complaint("failed to poll");
        complaint.setThrown(new SaslAuthenticationException("invalid credentials"));

        filter.isLoggable(complaint);

        assertThat(complaint.getMessage()).isEqualTo("failed to poll: invalid credentials");
        assertThat(complaint.getThrown()).isNull();
    }

    @Test
    void whatWasBehindItIsSaidToo() {
        var complaint = complaint("failed to poll");
        complaint.setThrown(new SslAuthenticationException(
                "handshake failed", new SSLHandshakeException("Received fatal alert: certificate_required")));

        filter.isLoggable(complaint);

        assertThat(complaint.getMessage())
                .isEqualTo("failed to poll: handshake failed (Received fatal alert: certificate_required)");
    }

    @Test
    void theSameOfTwoChannelsIsTwoComplaints() {
        assertThat(filter.isLoggable(formatted("credentials"))).isTrue();
        var other = formatted("notifications");
        assertThat(filter.isLoggable(other)).isTrue();
        assertThat(other.getFormattedMessage()).isEqualTo("failed to poll for notifications: 100% refused");
        assertThat(filter.isLoggable(formatted("notifications"))).isFalse();
    }

    private static ExtLogRecord formatted(String channel) {
        var complaint = new ExtLogRecord(
                Level.WARNING,
                "failed to poll for %s",
                ExtLogRecord.FormatStyle.PRINTF,
                TroubleOnceTest.class.getName());
        complaint.setParameters(new Object[] {channel});
        complaint.setLoggerName("io.smallrye.reactive.messaging.kafka");
        complaint.setThrown(new SaslAuthenticationException("100% refused"));
        return complaint;
    }

    @Test
    void whatIsNoComplaintOfKafkasIsLeftAsItIs() {
        var info = new LogRecord(Level.INFO, "joined");
        info.setLoggerName("org.apache.kafka.clients.consumer");
        var ours = complaint("failed");
        ours.setLoggerName("lanyard.common.outbox.Relay");

        for (var time = 0; time < 2; time++) {
            assertThat(filter.isLoggable(info)).isTrue();
            assertThat(filter.isLoggable(ours)).isTrue();
        }
    }

    @Test
    void complaintsThatAreAllDifferentDoNotFillTheMemory() {
        for (var offset = 0; offset < 100_000; offset++) {
            assertThat(filter.isLoggable(complaint("at " + offset))).isTrue();
        }
        assertThat(filter.remembered()).isLessThanOrEqualTo(256);
    }

    private static LogRecord complaint(String message) {
        var complaint = new LogRecord(Level.WARNING, message);
        complaint.setLoggerName("org.apache.kafka.clients.NetworkClient");
        return complaint;
    }
}
