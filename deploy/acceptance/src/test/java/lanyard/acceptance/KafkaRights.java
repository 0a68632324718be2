package lanyard.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What each user of Kafka's may, as the table in {@code docs/security.md} has it. */
final class KafkaRights {
    static final String CONDUCTORS_GROUP = "lanyard-conductor";
    private static final Pattern CELLS = Pattern.compile("\\s*\\|\\s*");

    private final Lanyard lanyard;
    private final List<Row> rows;

    private record Row(List<String> users, String resource, List<String> operations) {
        boolean isAbout(String user) {
            return users.contains(user);
        }
    }

    KafkaRights(Lanyard lanyard) {
        this.lanyard = lanyard;
        this.rows = rows();
    }

    private static List<Row> rows() {
        try {
            var document = Files.readString(ServiceProcess.THIS_VERSION.resolve("docs/security.md"));
            return document.substring(document.indexOf("\n### Kafka\n"), document.indexOf("\n### PostgreSQL\n"))
                    .lines()
                    .filter(line -> line.startsWith("| "))
                    .map(line -> CELLS.split(line.substring(1).strip(), 0))
                    .map(cells -> new Row(
                            List.of(cells[0].replace("an operator who rotates, retries or sweeps", "operator")
                                    .split(", ")),
                            cells[1].replace("`", ""),
                            List.of(cells[2].replaceAll(" \\(.*", "").split(", "))))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What this user may, and nothing else. */
    List<AclBinding> of(String user) {
        var service = lanyard.services().filter(one -> one.name().equals(user)).findFirst();
        return rows.stream()
                .filter(row -> row.isAbout(user) || service.isPresent() && row.isAbout("each service"))
                .flatMap(row -> resources(row.resource(), user).flatMap(resource -> row.operations().stream()
                        .map(operation -> new AclBinding(
                                resource,
                                new AccessControlEntry(
                                        "User:" + user,
                                        "*",
                                        AclOperation.valueOf(operation.toUpperCase(Locale.ROOT)),
                                        AclPermissionType.ALLOW)))))
                .toList();
    }

    /** What the table calls by its usual name is called otherwise here. */
    private Stream<ResourcePattern> resources(String name, String user) {
        return switch (name) {
            case "group lanyard-<service>" -> group(lanyard.group(user));
            case "group " + CONDUCTORS_GROUP -> group(CONDUCTORS_GROUP);
            case "notifications.*" -> topics("notifications");
            default -> topics(name.replace("lanyard.", ""));
        };
    }

    private static Stream<ResourcePattern> group(String name) {
        return Stream.of(new ResourcePattern(ResourceType.GROUP, name, PatternType.LITERAL));
    }

    private Stream<ResourcePattern> topics(String setting) {
        return Stream.of(lanyard.settings.get("lanyard.topics." + setting).split(","))
                .map(topic -> new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL));
    }
}
