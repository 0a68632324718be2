package lanyard.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanyard.common.delegation.UserNames;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.jspecify.annotations.Nullable;

/** Every secret that existed during a test, and the search for each of them in everything that is written anywhere. */
final class Secrets {
    private final Lanyard lanyard;
    private final Map<String, String> seen = new TreeMap<>();
    private final Set<String> tokens = new LinkedHashSet<>();

    Secrets(Lanyard lanyard) {
        this.lanyard = lanyard;
    }

    /** Takes in what a login has shown: the client credential's secret and the token. */
    void add(JsonNode credential, @Nullable String token) {
        var id = credential.get("application_credential_id").asText();
        seen.put(
                "the client credential " + id,
                credential.get("application_credential_secret").asText());
        if (token != null) {
            tokens.add(token);
        }
    }

    /**
     * Every secret, by what it is: those seen, the master key, the passwords of every custodian and trustee and the secret of every
     * client credential that the services' rows tell of, in each generation, the passwords of the token issuer, of the services
     * at Keystone and of the databases, and the conductor's private key.
     */
    Map<String, String> derived() {
        try {
            var secrets = new TreeMap<>(seen);
            for (var token : tokens) {
                secrets.put("token %d".formatted(secrets.size()), token);
            }
            var ring = Path.of(lanyard.settings.get("lanyard.key-ring.directory"));
            var keys = KeyRing.read(ring, "test");
            secrets.put("the master key", Files.readString(ring.resolve("test")).strip());
            Stream.of(lanyard.provisioner, lanyard.revoker)
                    .forEach(service -> secrets.put(
                            "the password at Keystone of " + service.name(),
                            service.setting("lanyard.keystone.password")));
            lanyard.services()
                    .forEach(service -> secrets.put(
                            "the database password of " + service.name(),
                            service.setting("lanyard.database.password")));
            var conductor = Files.readString(Path.of(lanyard.settings.get(RealParts.CONDUCTOR_KEY)));
            secrets.put("the conductor's private key", conductor.replaceFirst(".*\"d\":\"([^\"]+)\".*", "$1"));
            for (var event : rows(
                    lanyard.provisioner,
                    "select cluster || ' ' || coalesce(project, '-') || ' ' || backend from cluster")) {
                var cluster = event.split(" ")[0];
                var project = event.split(" ")[1];
                for (int backend = 1; backend <= Integer.parseInt(event.split(" ")[2]); backend++) {
                    secrets.put(
                            "password %d of trustee %s".formatted(backend, cluster),
                            keys.derive("test", Purpose.TRUSTEE, cluster, backend)
                                    .reveal());
                }
                secrets.put(
                        "the password of the custodian of " + project,
                        keys.derive("test", Purpose.CUSTODIAN, project, 1).reveal());
            }
            secrets.put(
                    "the password of the token issuer",
                    keys.derive("test", Purpose.ISSUER, UserNames.ISSUER, 1).reveal());
            for (var credential : rows(lanyard.tokenIssuer, "select id || ' ' || generation from credential")) {
                var id = credential.split(" ")[0];
                var generation = Integer.parseInt(credential.split(" ")[1]);
                secrets.put(
                        "the client credential " + id,
                        keys.derive("test", Purpose.CLIENT, id, generation).reveal());
            }
            return secrets;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where any secret is found, in whatever form; nothing if all is well. */
    Set<String> leaks(TestBus bus) {
        var places = everything(bus);
        var leaks = new TreeSet<String>();
        derived()
                .forEach((what, secret) -> places.forEach((place, text) -> {
                    if (holds(text, secret)) {
                        leaks.add("%s is in %s".formatted(what, place));
                    }
                }));
        // A search that can't find anything proves nothing: what is in many places must be found.
        var found = places.values().stream()
                .filter(text -> text.contains("cloud-provider"))
                .count();
        if (found < 3) {
            leaks.add("the search itself is broken: it looks at %d places".formatted(places.size()));
        }
        return leaks;
    }

    /** Whether a text holds the secret raw, in hex, or in base64 or base64url at any of the offsets at which it may stand. */
    static boolean holds(String text, String secret) {
        var bytes = secret.getBytes(StandardCharsets.UTF_8);
        return text.contains(secret)
                || text.toLowerCase(Locale.ROOT).contains(HexFormat.of().formatHex(bytes))
                || IntStream.range(0, 3)
                        .mapToObj(offset -> base64(bytes, offset))
                        .anyMatch(core -> text.contains(core)
                                || text.contains(core.replace('+', '-').replace('/', '_')));
    }

    /** The part of the base64 that does not depend on what stands before and after the bytes. */
    private static String base64(byte[] bytes, int offset) {
        var shifted = new byte[offset + bytes.length];
        System.arraycopy(bytes, 0, shifted, offset, bytes.length);
        var whole = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        return whole.substring(offset == 0 ? 0 : 4, shifted.length / 3 * 4);
    }

    private Map<String, String> everything(TestBus bus) {
        var places = new TreeMap<String, String>();
        lanyard.services().forEach(service -> {
            dump(service).forEach((table, rows) -> places.put("table " + table, rows));
            if (service.isAlive()) {
                places.put(
                        "the metrics of " + service, service.get("/q/metrics").body());
                places.put("the health of " + service, service.get("/q/health").body());
            }
            try {
                places.put("the log of " + service, Files.readString(service.log()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        for (var topic : lanyard.topics()) {
            var text = new StringBuilder();
            bus.everything(topic).forEach(record -> {
                text.append(record.key())
                        .append(' ')
                        .append(new String(record.value(), StandardCharsets.UTF_8))
                        .append(' ');
                record.headers().forEach(header -> text.append(header.key())
                        .append('=')
                        .append(new String(header.value(), StandardCharsets.UTF_8))
                        .append(' '));
            });
            places.put("topic " + topic, text.toString());
        }
        return places;
    }

    private static Map<String, String> dump(ServiceProcess service) {
        var dump = new HashMap<String, String>();
        var schema = service.setting("lanyard.database.username");
        for (var table : rows(
                service,
                "select table_name from information_schema.tables where table_schema = '%s'".formatted(schema))) {
            // Rows as text, in which binary columns are hex; and these columns as the text that they hold.
            dump.put(
                    schema + "." + table,
                    String.join("\n", rows(service, "select t::text from \"%s\" t".formatted(table))));
        }
        dump.put(
                schema + ".outbox bodies",
                String.join("\n", rows(service, "select convert_from(body, 'UTF8') from outbox")));
        return dump;
    }

    /** The first column of what a query of a service's own role answers. */
    static List<String> rows(ServiceProcess service, String sql) {
        var url = URI.create(service.setting("lanyard.database.url"));
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://%s:%d%s".formatted(url.getHost(), url.getPort(), url.getPath()),
                        service.setting("lanyard.database.username"),
                        service.setting("lanyard.database.password"));
                var result = connection.createStatement().executeQuery(sql)) {
            var rows = new ArrayList<String>();
            while (result.next()) {
                rows.add(String.valueOf(result.getString(1)));
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
