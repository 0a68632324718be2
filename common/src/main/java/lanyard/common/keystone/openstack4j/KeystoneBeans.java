package lanyard.common.keystone.openstack4j;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneTokens;

/**
 * Makes the two ports, each when it is first used: a service that never administers Keystone needs no administrator's settings.
 * Both share one pool of connections and one bound on calls.
 */
@Singleton
class KeystoneBeans {
    private final KeystoneConfig config;
    private final InstantSource clock;
    private final KeystoneConnection connection;
    private final Calls calls;

    KeystoneBeans(KeystoneConfig config, MeterRegistry meters, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.connection = new KeystoneConnection(config);
        this.calls = new Calls(meters);
    }

    @Produces
    @ApplicationScoped
    KeystoneAdmin admin() {
        return new Openstack4jAdmin(config, connection, calls, clock);
    }

    @Produces
    @ApplicationScoped
    KeystoneTokens tokens() {
        return new Openstack4jTokens(connection, calls, clock);
    }

    @PreDestroy
    void close() {
        connection.close();
    }
}
