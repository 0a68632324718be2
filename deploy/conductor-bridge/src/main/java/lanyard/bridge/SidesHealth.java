package lanyard.bridge;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import lanyard.bridge.Sides.Side;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Which side does not do as it should, and why; and whether the bridge works at all. */
@ApplicationScoped
class SidesHealth {
    private final Sides sides;
    private final Bridge bridge;

    SidesHealth(Sides sides, Bridge bridge) {
        this.sides = sides;
        this.bridge = bridge;
    }

    @Produces
    @Readiness
    @ApplicationScoped
    HealthCheck rabbitMq() {
        return () -> check(Side.RABBITMQ);
    }

    @Produces
    @Readiness
    @ApplicationScoped
    HealthCheck kafka() {
        return () -> check(Side.KAFKA);
    }

    @Produces
    @Liveness
    @ApplicationScoped
    HealthCheck lanyard(
            @ConfigProperty(name = "quarkus.application.name") String service,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        return () -> HealthCheckResponse.named("lanyard")
                .withData("service", service)
                .withData("version", version)
                .status(bridge.isAtWork())
                .build();
    }

    private HealthCheckResponse check(Side side) {
        var response = HealthCheckResponse.named(side.title);
        var why = sides.ill(side);
        return why == null
                ? response.up().build()
                : response.down().withData("why", why).build();
    }
}
