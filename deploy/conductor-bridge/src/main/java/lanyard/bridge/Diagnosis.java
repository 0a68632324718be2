package lanyard.bridge;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** A failure of either side as one sentence for an operator: what is wrong, and what to do about it. */
final class Diagnosis {
    private final BridgeConfig config;

    Diagnosis(BridgeConfig config) {
        this.config = config;
    }

    String ofRabbitMq(Throwable failure) {
        return Closed.in(failure).map(this::ofClosed).orElseGet(() -> ofBroken(failure));
    }

    private String ofClosed(Closed closed) {
        var bridge = config.bridge();
        return switch (closed.code()) {
            case AMQP.PRECONDITION_FAILED ->
                closed.text().contains("for exchange")
                        ? ("the exchange %s is there with other properties than LANYARD_BRIDGE_EXCHANGE_DURABLE=%s says: set that to"
                                        + " what the conductor's amqp_durable_queues is (%s)")
                                .formatted(bridge.exchange(), bridge.exchangeDurable(), closed.text())
                        : closed.text().contains("for queue")
                                ? ("a queue of the bridge's is there with other properties than its settings say: set them back, or let"
                                                + " it run empty and delete it, as with rabbitmqctl delete_queue %s (%s)")
                                        .formatted(bridge.queue(), closed.text())
                                : "it closed the channel (" + closed.text() + ")";
            case AMQP.ACCESS_REFUSED ->
                "it does not let the user %s do what the bridge has to: give it the permissions of docs/operations.md (%s)"
                        .formatted(config.rabbitmq().username(), closed.text());
            case AMQP.NOT_FOUND ->
                "there is no exchange %s yet, and the user %s may not make it: the bridge waits for the conductor to (%s)"
                        .formatted(bridge.exchange(), config.rabbitmq().username(), closed.text());
            case AMQP.NOT_ALLOWED ->
                "it does not let the user %s into the virtual host %s: see LANYARD_RABBITMQ_VIRTUAL_HOST, and rabbitmqctl"
                                .formatted(
                                        config.rabbitmq().username(),
                                        config.rabbitmq().virtualHost())
                        + " list_permissions (" + closed.text() + ")";
            default -> "it closed the connection (" + closed.text() + ")";
        };
    }

    private String ofBroken(Throwable failure) {
        var addresses = String.join(", ", config.rabbitmq().addresses());
        return switch (failure) {
            case PossibleAuthenticationFailureException e ->
                "it refuses the user %s: see LANYARD_RABBITMQ_USERNAME and LANYARD_RABBITMQ_PASSWORD"
                        .formatted(config.rabbitmq().username());
            case SSLException e ->
                "there is no TLS with %s: see QUARKUS_TLS_RABBITMQ_TRUST_STORE_PEM_CERTS, and the names in its certificate (%s)"
                        .formatted(addresses, words(e));
            default ->
                "it does not answer at %s, with LANYARD_RABBITMQ_TLS=%s (%s)"
                        .formatted(addresses, config.rabbitmq().tls(), words(failure));
        };
    }

    String ofKafka(Throwable failure) {
        var cause = failure instanceof CompletionException || failure instanceof ExecutionException
                ? failure.getCause()
                : failure;
        return switch (cause) {
            case UnknownTopicOrPartitionException e ->
                "not all of the topics %s are there: make them"
                        .formatted(String.join(", ", config.topics().notifications()));
            case AuthorizationException e ->
                "it does not let the bridge write to %s: it needs Write (%s)"
                        .formatted(String.join(", ", config.topics().notifications()), words(e));
            case AuthenticationException e ->
                "it does not let the bridge in: see the settings KAFKA_SASL_... and KAFKA_SSL_... (%s)"
                        .formatted(words(e));
            case NotEnoughReplicasException e -> tooFewReplicas(e);
            case NotEnoughReplicasAfterAppendException e -> tooFewReplicas(e);
            case TimeoutException e ->
                "it does not answer at %s, or not with all that is asked of it (%s)"
                        .formatted(config.kafka(), words(e));
            case null -> "it failed";
            default -> "it failed at %s (%s)".formatted(config.kafka(), words(cause));
        };
    }

    private static String tooFewReplicas(Exception e) {
        return "fewer of its brokers have a topic's partition than min.insync.replicas wants: bring them back (%s)"
                .formatted(words(e));
    }

    /** An exception's own words, on one line; its kind where it has none. */
    private static String words(@Nullable Throwable failure) {
        if (failure == null) {
            return "no reason given";
        }
        var message = failure.getMessage();
        var kind = failure.getClass().getSimpleName();
        return message == null || message.isBlank() ? kind : kind + ": " + message.replaceAll("\\s+", " ");
    }
}
