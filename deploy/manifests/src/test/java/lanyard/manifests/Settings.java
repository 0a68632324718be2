package lanyard.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/** The variables that a service can be given: those of docs/configuration.md, which another test holds to the code, and Kafka's own. */
final class Settings {
    static final List<String> SERVICES = List.of("provisioner", "token-issuer", "revoker");
    /** From the conductor's RabbitMQ, where there is one. */
    static final String BRIDGE = "conductor-bridge";

    private static final Pattern CELLS = Pattern.compile("\\s*\\|\\s*");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final String DOCUMENT = document();
    private static final Map<String, List<String>> READERS = readers();

    private Settings() {}

    /** Whether there is such a setting, of that service if it is one of Lanyard's. */
    static boolean known(String variable, String service) {
        if (variable.startsWith("LANYARD_")) {
            return READERS.entrySet().stream()
                    .anyMatch(setting -> variable.matches(setting.getKey())
                            && setting.getValue().contains(service));
        }
        if (variable.startsWith("KAFKA_")) {
            var name = variable.substring("KAFKA_".length())
                    .toLowerCase(Locale.ROOT)
                    .replace('_', '.');
            return ConsumerConfig.configNames().contains(name);
        }
        return DOCUMENT.contains("`" + variable + "`");
    }

    private static Map<String, List<String>> readers() {
        var readers = new TreeMap<String, List<String>>();
        DOCUMENT.lines()
                .filter(line -> line.startsWith("| `lanyard."))
                .map(line -> CELLS.split(line.substring(1).strip(), 0))
                .filter(cells -> cells.length == 6)
                .forEach(cells -> readers.put(
                        cells[1].replace("`", "").replaceAll("<[^>]*>", "[A-Z0-9_]+"),
                        COMMA.splitAsStream(cells[2])
                                .flatMap(reader -> reader.equals("all") ? SERVICES.stream() : Stream.of(reader))
                                .toList()));
        return readers;
    }

    private static String document() {
        try {
            return Files.readString(Manifests.ROOT.resolve("docs/configuration.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
