package lanyard.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/** What Kafka's clients are told, in a file as Kafka's own tools read it. */
final class ClientSettings {
    private ClientSettings() {}

    static Path file(Map<String, String> settings) {
        var properties = new Properties();
        properties.putAll(settings);
        try {
            var file = Files.createTempFile(Path.of("target"), "client", ".properties")
                    .toAbsolutePath();
            try (var writer = Files.newBufferedWriter(file)) {
                properties.store(writer, null);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
