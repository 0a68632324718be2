package lanyard.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;

/** What went wrong is told in one sentence, with what to do about it. */
class DiagnosisTest {
    private final Diagnosis diagnosis = new Diagnosis(new GivenSettings("the secret"));

    @Test
    void anExchangeThatIsOtherwiseIsToldWithItsSetting() {
        assertThat(diagnosis.ofRabbitMq(closed(
                        AMQP.PRECONDITION_FAILED,
                        "PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'magnum' in vhost '/'")))
                .contains("exchange magnum", "LANYARD_BRIDGE_EXCHANGE_DURABLE=false", "amqp_durable_queues");
    }

    @Test
    void aQueueThatIsOtherwiseIsToldWithTheWayToDeleteIt() {
        assertThat(diagnosis.ofRabbitMq(closed(
                        AMQP.PRECONDITION_FAILED,
                        "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'lanyard.notifications'")))
                .contains("set them back", "rabbitmqctl delete_queue lanyard.notifications");
    }

    @Test
    void aUserWhoMayNotIsToldToGetThePermissions() {
        assertThat(diagnosis.ofRabbitMq(closed(AMQP.ACCESS_REFUSED, "ACCESS_REFUSED - read access to exchange")))
                .contains("the user bridge", "permissions");
    }

    @Test
    void aMissingExchangeThatTheUserMayNotMakeIsWaitedFor() {
        assertThat(diagnosis.ofRabbitMq(closed(AMQP.NOT_FOUND, "NOT_FOUND - no exchange 'magnum' in vhost '/'")))
                .contains("no exchange magnum yet", "waits for the conductor");
    }

    @Test
    void aVirtualHostThatIsShutIsToldWithItsSetting() {
        assertThat(diagnosis.ofRabbitMq(closed(AMQP.NOT_ALLOWED, "NOT_ALLOWED - vhost / not found")))
                .contains("LANYARD_RABBITMQ_VIRTUAL_HOST");
    }

    @Test
    void aPasswordThatIsRefusedIsToldWithItsSettingAndNotItself() {
        assertThat(diagnosis.ofRabbitMq(new AuthenticationFailureException("ACCESS_REFUSED")))
                .contains("LANYARD_RABBITMQ_USERNAME", "LANYARD_RABBITMQ_PASSWORD")
                .doesNotContain("the secret");
    }

    @Test
    void aConnectionThatFailsIsToldWithWhereItWasTriedAndHow() {
        assertThat(diagnosis.ofRabbitMq(new ConnectException("Connection refused")))
                .contains("rabbit-1, rabbit-2", "LANYARD_RABBITMQ_TLS=false", "Connection refused");
        assertThat(diagnosis.ofRabbitMq(new SSLHandshakeException("no path")))
                .contains("rabbit-1, rabbit-2", "QUARKUS_TLS_RABBITMQ_TRUST_STORE_PEM_CERTS");
    }

    @Test
    void whatKafkaWantsIsTold() {
        assertThat(diagnosis.ofKafka(new CompletionException(new UnknownTopicOrPartitionException())))
                .contains("notifications.info, notifications.error", "make them");
        assertThat(diagnosis.ofKafka(new TopicAuthorizationException("notifications.info")))
                .contains("needs Write");
        assertThat(diagnosis.ofKafka(new SaslAuthenticationException("refused")))
                .contains("KAFKA_SASL_");
        assertThat(diagnosis.ofKafka(new NotEnoughReplicasException("1 of 2"))).contains("min.insync.replicas");
        assertThat(diagnosis.ofKafka(new TimeoutException("no answer"))).contains("kafka:9092", "no answer");
    }

    private static IOException closed(int code, String text) {
        return new IOException(new ShutdownSignalException(
                false,
                false,
                new AMQP.Channel.Close.Builder()
                        .replyCode(code)
                        .replyText(text)
                        .classId(0)
                        .methodId(0)
                        .build(),
                null));
    }
}
