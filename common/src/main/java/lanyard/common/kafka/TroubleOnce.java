package lanyard.common.kafka;

import io.quarkus.logging.LoggingFilter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Keeps what Kafka's clients complain of readable: they try again about once a second, each of them, and say so each time in several
 * lines. Here each complaint is one line, and is made once a minute as long as it lasts.
 */
@LoggingFilter(name = "kafka-trouble-once")
public final class TroubleOnce implements Filter {
    private static final long QUIET = Duration.ofMinutes(1).toNanos();
    /** More than there are clients and kinds of trouble; what has an offset in it is always another. */
    private static final int MOST = 256;

    private final Map<String, Long> said = new ConcurrentHashMap<>();

    @Override
    public boolean isLoggable(LogRecord complaint) {
        if (!isKafkas(complaint.getLoggerName()) || complaint.getLevel().intValue() < Level.WARNING.intValue()) {
            return true;
        }
        var text = complaint instanceof ExtLogRecord given ? given.getFormattedMessage() : complaint.getMessage();
        if (complaint.getThrown() instanceof KafkaException why) {
            // The message does not say it, and the stack is the library's own.
            text += ": " + reason(why);
            complaint.setThrown(null);
            if (complaint instanceof ExtLogRecord given) {
                given.setMessage(text, ExtLogRecord.FormatStyle.NO_FORMAT);
            } else {
                complaint.setMessage(text);
            }
        }
        return isNew(text, System.nanoTime());
    }

    int remembered() {
        return said.size();
    }

    private static boolean isKafkas(String logger) {
        return logger.startsWith("org.apache.kafka.") || logger.startsWith("io.smallrye.reactive.messaging.kafka");
    }

    /** What was behind it says more, where there is such: which alert of TLS it was. */
    private static String reason(Throwable why) {
        var first = why;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        return first == why
                ? String.valueOf(why.getMessage())
                : "%s (%s)".formatted(why.getMessage(), first.getMessage());
    }

    private boolean isNew(String complaint, long now) {
        var last = said.get(complaint);
        if (last != null && now - last < QUIET) {
            return false;
        }
        if (said.size() >= MOST) {
            said.clear();
        }
        said.put(complaint, now);
        return true;
    }
}
