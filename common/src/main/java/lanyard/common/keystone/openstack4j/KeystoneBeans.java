package lanyard.common.keystone.openstack4j;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.settings.ConductorConfig;
import lanyard.common.tracing.Tracing;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ports, each when it is first used: a service that never administers Keystone needs no administrator's settings. Those of
 * Keystone share one pool of connections and one bound on calls, and all share the administrator's token.
 */
@Singleton
@Startup // So that a setting that can't work is said at the start.
class KeystoneBeans {
    private final KeystoneConfig config;
    private final InstantSource clock;
    private final KeystoneConnection connection;
    private final @Nullable KeystoneConnection conductor;
    private final Calls calls;
    private final Calls conductorCalls;
    private @Nullable AdminToken administrator;

    KeystoneBeans(
            KeystoneConfig config,
            ConductorConfig conductorConfig,
            MeterRegistry meters,
            Tracing tracing,
            InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.connection = new KeystoneConnection(config);
        this.conductor = conductorConfig
                .url()
                .map(url -> Openstack4jConductor.connection(url, conductorConfig.timeout(), config))
                .orElse(null);
        this.calls = new Calls(meters, tracing);
        this.conductorCalls = new Calls(meters, "lanyard.conductor.calls", tracing);
    }

    @Produces
    @ApplicationScoped
    KeystoneAdmin admin() {
        return new Openstack4jAdmin(administrator(), connection, calls, clock);
    }

    @Produces
    @ApplicationScoped
    KeystoneTokens tokens() {
        return new Openstack4jTokens(connection, calls, clock);
    }

    @Produces
    @ApplicationScoped
    ConductorApi conductor() {
        if (conductor == null) {
            throw new IllegalStateException("LANYARD_CONDUCTOR_URL is not set");
        }
        return new Openstack4jConductor(conductor, administrator(), conductorCalls);
    }

    private synchronized AdminToken administrator() {
        if (administrator == null) {
            administrator = new AdminToken(config, new Authentication(connection), calls, clock);
        }
        return administrator;
    }

    @PreDestroy
    void close() {
        connection.close();
        if (conductor != null) {
            conductor.close();
        }
    }
}
