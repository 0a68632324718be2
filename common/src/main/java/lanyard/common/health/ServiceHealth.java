package lanyard.common.health;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Which service this is, and in which version. */
@Liveness
@ApplicationScoped
class ServiceHealth implements HealthCheck {
    private final String service;
    private final String version;

    ServiceHealth(
            @ConfigProperty(name = "quarkus.application.name") String service,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.service = service;
        this.version = version;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("lanyard")
                .withData("service", service)
                .withData("version", version)
                .up()
                .build();
    }
}
