package lanyard.common.tracing;

import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes the tracing, and with it what it is made of only if there is a collector. */
class TracingBeans {
    @Produces
    @Singleton
    Tracing tracing(
            TracingConfig config,
            @ConfigProperty(name = "quarkus.application.name") String service,
            @ConfigProperty(name = "quarkus.application.version") String version,
            Pool database) {
        return config.url()
                .map(url -> Tracing.to(url, service, version, database))
                .orElse(Tracing.OFF);
    }

    void close(@Disposes Tracing tracing) {
        tracing.close();
    }
}
