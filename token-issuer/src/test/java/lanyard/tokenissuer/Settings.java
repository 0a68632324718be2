package lanyard.tokenissuer;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** The token issuer's settings, with their real defaults. */
final class Settings {
    private Settings() {}

    /** @param door what differs from the defaults, by the part of its name after {@code lanyard.door.} */
    static TokenIssuerConfig with(Map<String, String> door) {
        var all = new HashMap<String, String>();
        all.put("lanyard.key-ring.directory", "keys");
        all.put("lanyard.key-ring.current", "key");
        all.put("lanyard.recipients", "recipients.json");
        all.put("lanyard.door.url", "https://door.example/v3");
        door.forEach((name, value) -> all.put("lanyard.door." + name, value));
        return new SmallRyeConfigBuilder()
                .withMapping(TokenIssuerConfig.class)
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build()
                .getConfigMapping(TokenIssuerConfig.class);
    }
}
