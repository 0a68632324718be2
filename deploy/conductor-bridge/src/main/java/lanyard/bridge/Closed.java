package lanyard.bridge;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import java.util.Optional;

/**
 * Why RabbitMQ closed a channel or a connection.
 *
 * @param code of AMQP 0-9-1, such as {@link AMQP#PRECONDITION_FAILED}
 * @param text RabbitMQ's own words
 */
record Closed(int code, String text) {
    /** What RabbitMQ said, if the failure came of its closing something. */
    static Optional<Closed> in(Throwable failure) {
        for (var e = failure; e != null; e = e.getCause()) {
            if (e instanceof ShutdownSignalException signal) {
                return switch (signal.getReason()) {
                    case AMQP.Channel.Close close ->
                        Optional.of(new Closed(close.getReplyCode(), close.getReplyText()));
                    case AMQP.Connection.Close close ->
                        Optional.of(new Closed(close.getReplyCode(), close.getReplyText()));
                    case null, default -> Optional.empty();
                };
            }
        }
        return Optional.empty();
    }
}
