package lanyard.common.keystone.openstack4j;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.tracing.Tracing;

/** Both ports, put together as {@link KeystoneBeans} does. */
record Adapter(KeystoneConnection connection, KeystoneAdmin admin, KeystoneTokens tokens, SimpleMeterRegistry meters)
        implements AutoCloseable {
    static Adapter of(KeystoneConfig config, InstantSource clock) {
        var meters = new SimpleMeterRegistry();
        var connection = new KeystoneConnection(config);
        var calls = new Calls(meters, Tracing.OFF);
        return new Adapter(
                connection,
                new Openstack4jAdmin(
                        new AdminToken(config, new Authentication(connection), calls, clock), connection, calls, clock),
                new Openstack4jTokens(connection, calls, clock),
                meters);
    }

    static Adapter of(KeystoneConfig config) {
        return of(config, InstantSource.system());
    }

    /** How many calls of an operation ended so. */
    long count(String operation, String result) {
        var timer = meters.find("lanyard.keystone.calls")
                .tags("operation", operation, "result", result)
                .timer();
        return timer == null ? 0 : timer.count();
    }

    @Override
    public void close() {
        connection.close();
    }
}
