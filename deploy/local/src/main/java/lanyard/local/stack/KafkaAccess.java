package lanyard.local.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * Where Kafka is, and what its clients have to be told to be let in.
 *
 * @param servers bootstrap servers
 * @param settings Kafka's own client settings; there may be a password in them
 */
public record KafkaAccess(String servers, Map<String, String> settings) {
    /** The services' own variable for the file of these settings. */
    private static final String CONFIG_VARIABLE = "LANYARD_KAFKA_CONFIG";

    /** Of a Kafka that asks nobody who they are. */
    public static KafkaAccess open(String servers) {
        return new KafkaAccess(servers, Map.of());
    }

    /** As a stack's env file says. */
    public static KafkaAccess of(Home home) {
        var file = home.env().get(CONFIG_VARIABLE);
        return new KafkaAccess(
                home.env("LANYARD_KAFKA"),
                file == null
                        ? Map.of()
                        : read(home.file(file), "see what " + CONFIG_VARIABLE + " says in the env file of the home"));
    }

    /**
     * Kafka's own client settings, from a properties file.
     *
     * @param cure what to do where it can't be read
     */
    public static Map<String, String> read(Path file, String cure) {
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new Trouble("%s, with Kafka's client settings, can't be read".formatted(file), cure);
        }
        var settings = new HashMap<String, String>();
        properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
        return settings;
    }

    /** What a client is told in all. */
    public Map<String, Object> with(Map<String, Object> client) {
        var told = new HashMap<String, Object>(settings);
        told.putAll(client);
        told.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
        return told;
    }

    /** Just where it is: the settings are nobody's to see. */
    @Override
    public String toString() {
        return servers;
    }
}
