package lanyard.tokenissuer;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether this replica knows what is revoked: while it does not, it hands out nothing. */
@Readiness
@ApplicationScoped
class BusHealth implements HealthCheck {
    private final BusWatch bus;

    BusHealth(BusWatch bus) {
        this.bus = bus;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("bus")
                .withData("behind-seconds", bus.age().toSeconds())
                .status(bus.isCurrent())
                .build();
    }
}
