package lanyard.common.health;

import jakarta.enterprise.context.ApplicationScoped;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.settings.LanyardConfig;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether Keystone answers. */
@Readiness
@ApplicationScoped
class KeystoneHealth implements HealthCheck {
    private final KeystoneTokens keystone;
    private final boolean required;

    KeystoneHealth(KeystoneTokens keystone, LanyardConfig config) {
        this.keystone = keystone;
        // Not so for the door, which can still serve the tokens that it holds.
        this.required = config.health().keystoneRequired();
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named("keystone");
        return switch (keystone.ping()) {
            case Reply.Done<Void> done ->
                response.withData("answers", true).up().build();
            case Reply.Unavailable<Void>(var why) ->
                response.withData("answers", false)
                        .withData("why", why)
                        .status(!required)
                        .build();
            case Reply<Void> other ->
                response.withData("answers", false)
                        .withData("why", "it does not answer as Keystone does: check the URL")
                        .status(!required)
                        .build();
        };
    }
}
