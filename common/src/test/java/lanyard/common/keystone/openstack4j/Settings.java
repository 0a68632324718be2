package lanyard.common.keystone.openstack4j;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import lanyard.common.testing.RealParts;

/** Makes a {@link KeystoneConfig} as the running services do: from properties. */
final class Settings {
    private Settings() {}

    static KeystoneConfig of(Map<String, String> properties) {
        var prefixed = new HashMap<String, String>();
        properties.forEach((name, value) -> prefixed.put("lanyard.keystone." + name, value));
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(prefixed, "test", 100))
                .withMapping(KeystoneConfig.class)
                .build()
                .getConfigMapping(KeystoneConfig.class);
    }

    /**
     * The administrator of the real Keystone, with Keystone reached at {@code url}. It may share a small machine with a build, so it
     * is given time.
     */
    static Map<String, String> real(String url) {
        return new HashMap<>(Map.of(
                "url", url,
                "timeout", "60s",
                "connect-timeout", "20s",
                "username", RealParts.environment("OS_USERNAME"),
                "password", RealParts.environment("OS_PASSWORD"),
                "user-domain", RealParts.environment("OS_USER_DOMAIN_NAME"),
                "project", RealParts.environment("OS_PROJECT_NAME"),
                "project-domain", RealParts.environment("OS_PROJECT_DOMAIN_NAME")));
    }
}
