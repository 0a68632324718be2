package lanyard.local.stack;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of a stack are not its own. A home remembers them once a stack came up with them, and stays with them: the data of
 * its parts belong together.
 */
record Settings(@Nullable String kafka, @Nullable PostgresUrl postgres, @Nullable KeystoneAdmin keystone) {
    static final Settings EMBEDDED = new Settings(null, null, null);
    private static final String FILE = "settings";

    static Optional<Settings> remembered(Home home) {
        return home.read(FILE).map(EnvFile::parse).map(variables -> {
            var postgres = variables.get("POSTGRES");
            var url = variables.get("KEYSTONE_URL");
            return new Settings(
                    variables.get("KAFKA"),
                    postgres == null ? null : PostgresUrl.parse(postgres),
                    url == null
                            ? null
                            : new KeystoneAdmin(
                                    url,
                                    variables.getOrDefault("KEYSTONE_USER", ""),
                                    variables.getOrDefault("KEYSTONE_PASSWORD", ""),
                                    variables.getOrDefault("KEYSTONE_PROJECT", ""),
                                    variables.getOrDefault("KEYSTONE_USER_DOMAIN", ""),
                                    variables.getOrDefault("KEYSTONE_PROJECT_DOMAIN", "")));
        });
    }

    void remember(Home home) {
        var variables = new LinkedHashMap<String, String>();
        if (kafka != null) {
            variables.put("KAFKA", kafka);
        }
        if (postgres != null) {
            variables.put("POSTGRES", postgres.complete());
        }
        if (keystone != null) {
            variables.put("KEYSTONE_URL", keystone.url());
            variables.put("KEYSTONE_USER", keystone.user());
            variables.put("KEYSTONE_PASSWORD", keystone.password());
            variables.put("KEYSTONE_PROJECT", keystone.project());
            variables.put("KEYSTONE_USER_DOMAIN", keystone.userDomain());
            variables.put("KEYSTONE_PROJECT_DOMAIN", keystone.projectDomain());
        }
        var text = EnvFile.format(variables);
        if (!home.read(FILE).equals(Optional.of(text))) {
            home.write(FILE, text);
        }
    }

    /** What was asked for now, completed by what the home remembers. */
    Settings in(Home home) {
        var before = remembered(home).orElse(null);
        if (before == null) {
            return this;
        }
        same(home, "Kafka", before.kafka, kafka, kafka);
        same(home, "PostgreSQL", server(before.postgres), server(postgres), postgres);
        same(home, "Keystone", url(before.keystone), url(keystone), keystone);
        // Names and passwords may have changed, the places may not.
        return new Settings(
                before.kafka,
                postgres == null ? before.postgres : postgres,
                keystone == null ? before.keystone : keystone);
    }

    private static void same(
            Home home, String part, @Nullable String before, @Nullable String now, @Nullable Object given) {
        if (given != null && !Objects.equals(before, now)) {
            throw new Trouble(
                    "the stack in " + home + " has "
                            + (before == null ? "a " + part + " of its own" : "its " + part + " at " + before),
                    "name another --home, or remove this one by ./lanyard down --purge");
        }
    }

    private static @Nullable String server(@Nullable PostgresUrl postgres) {
        return postgres == null ? null : postgres.server();
    }

    private static @Nullable String url(@Nullable KeystoneAdmin keystone) {
        return keystone == null ? null : keystone.url();
    }

    /** What the parts of this stack that are not its own are called where they are listed. */
    Map<String, String> places() {
        var places = new LinkedHashMap<String, String>();
        if (kafka != null) {
            places.put(Parts.KAFKA, kafka);
        }
        if (postgres != null) {
            places.put(Parts.POSTGRES, postgres.server());
        }
        if (keystone != null) {
            places.put(Parts.KEYSTONE, keystone.url());
        }
        return places;
    }
}
