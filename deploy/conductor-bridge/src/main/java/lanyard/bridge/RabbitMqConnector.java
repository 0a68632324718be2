package lanyard.bridge;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import lanyard.bridge.BridgeConfig.RabbitMq;

/** Connects to the conductor's RabbitMQ. */
@Singleton
class RabbitMqConnector {
    /** The name of Quarkus's TLS configuration that holds for RabbitMQ, if there is one. */
    private static final String TLS = "rabbitmq";

    private static final int CONNECT_MILLIS = 5_000;
    private static final int CALL_MILLIS = 10_000;
    /** A peer that is silent for two of these is gone. */
    private static final int HEARTBEAT_SECONDS = 10;

    private final RabbitMq settings;
    private final TlsConfigurationRegistry certificates;

    RabbitMqConnector(BridgeConfig config, TlsConfigurationRegistry certificates) {
        this.settings = config.rabbitmq();
        this.certificates = certificates;
    }

    /** Certificates are read anew each time, as Quarkus has them by then. */
    Connection connect() throws IOException, TimeoutException {
        var factory = new ConnectionFactory();
        factory.setUsername(settings.username());
        factory.setPassword(settings.password());
        factory.setVirtualHost(settings.virtualHost());
        factory.setConnectionTimeout(CONNECT_MILLIS);
        factory.setHandshakeTimeout(CALL_MILLIS);
        factory.setChannelRpcTimeout(CALL_MILLIS);
        factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
        // The bridge connects anew by itself: a channel that came back would not say which messages are still its own.
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        // How long a message may be is RabbitMQ's to say (max_message_size): one that is not read would come for ever.
        factory.setMaxInboundMessageBodySize(Integer.MAX_VALUE);
        if (settings.tls()) {
            secure(factory);
        }
        return factory.newConnection(addresses(settings.addresses()), "lanyard-conductor-bridge");
    }

    private void secure(ConnectionFactory factory) throws IOException {
        var configured = certificates.get(TLS);
        try {
            factory.useSslProtocol(
                    configured.isPresent() ? configured.get().createSSLContext() : SSLContext.getDefault());
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates of quarkus.tls.rabbitmq can't be used", e);
        } catch (Exception e) {
            // What createSSLContext declares.
            throw new IOException("the certificates of quarkus.tls.rabbitmq can't be used", e);
        }
        if (!configured
                .flatMap(TlsConfiguration::getHostnameVerificationAlgorithm)
                .orElse("HTTPS")
                .equals("NONE")) {
            factory.enableHostnameVerification();
        }
    }

    private static List<Address> addresses(List<String> given) {
        return given.stream().map(Address::parseAddress).toList();
    }
}
