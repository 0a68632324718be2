package lanyard.common.kafka;

import io.quarkus.kafka.client.runtime.KafkaRuntimeConfigProducer;
import io.quarkus.runtime.ApplicationConfig;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import lanyard.common.settings.LanyardConfig;
import org.eclipse.microprofile.config.Config;

/**
 * How every Kafka client of a service reaches the broker and shows who it is: by Kafka's own settings, out of a file and out of the
 * service's own, of which a variable {@code KAFKA_X_Y} is {@code x.y}. What is said in both counts as the variable says.
 */
@Singleton
class Connection {
    @Produces
    @Singleton
    @Identifier("default-kafka-broker")
    Map<String, Object> settings(
            KafkaRuntimeConfigProducer variables, Config config, ApplicationConfig application, LanyardConfig lanyard) {
        var settings = new HashMap<String, Object>();
        lanyard.kafkaConfig().ifPresent(file -> settings.putAll(read(file)));
        settings.putAll(variables.createKafkaRuntimeConfig(config, application));
        return settings;
    }

    /** As Kafka's own tools read it: a {@code $} in a password is a {@code $}. */
    static Map<String, String> read(Path file) {
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            // Not the cause: what could not be parsed may be a password.
            throw new IllegalStateException("lanyard.kafka-config: %s can't be read as a file of properties (%s)"
                    .formatted(file, e.getClass().getSimpleName()));
        }
        var settings = new HashMap<String, String>();
        properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
        return settings;
    }
}
