package lanyard.local.stack;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import lanyard.local.terminal.Trouble;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.jspecify.annotations.Nullable;

/** How each part of a stack is: asked of the part itself, by using it. */
record Status(Home home, List<Part> parts) {
    private static final Duration LIMIT = Duration.ofSeconds(15);

    /**
     * @param where its address
     * @param version what it says of itself; absent if it does not answer
     * @param problem why it is not healthy; absent if it is
     * @param pid its process, if it is embedded and runs
     */
    record Part(
            String name,
            String where,
            @Nullable String version,
            @Nullable String problem,
            @Nullable Long pid,
            boolean embedded) {
        boolean healthy() {
            return problem == null;
        }
    }

    static Status of(Home home) throws Exception {
        var env = home.env();
        var ledger = Ledger.open(home);
        var elsewhere = Settings.remembered(home).orElse(Settings.EMBEDDED).places();
        var checks = new LinkedHashMap<String, Future<Part>>();
        try (var together = new Together()) {
            var kafka = variable(env, "LANYARD_KAFKA");
            add(checks, together, ledger, elsewhere, Parts.KAFKA, kafka, () -> kafkaVersion(kafka, elsewhere));
            var database = PostgresUrl.parse(variable(env, "LANYARD_POSTGRES"));
            add(
                    checks,
                    together,
                    ledger,
                    elsewhere,
                    Parts.POSTGRES,
                    database.server(),
                    () -> postgresVersion(database));
            if (!elsewhere.containsKey(Parts.KEYSTONE)) {
                int port = ledger.port(Parts.MEMCACHED).orElse(0);
                add(
                        checks,
                        together,
                        ledger,
                        elsewhere,
                        Parts.MEMCACHED,
                        "127.0.0.1:" + port,
                        () -> Memcached.version(port));
            }
            var keystone = new KeystoneAdmin(
                    variable(env, "LANYARD_KEYSTONE_URL"),
                    variable(env, "OS_USERNAME"),
                    variable(env, "OS_PASSWORD"),
                    variable(env, "OS_PROJECT_NAME"),
                    variable(env, "OS_USER_DOMAIN_NAME"),
                    variable(env, "OS_PROJECT_DOMAIN_NAME"));
            add(
                    checks,
                    together,
                    ledger,
                    elsewhere,
                    Parts.KEYSTONE,
                    keystone.url(),
                    () -> keystoneVersion(keystone, elsewhere));
            for (var service : Parts.SERVICES) {
                var url = env.get(Stack.urlVariable(service));
                if (url != null) {
                    // A stack that came up before the door had a port for it has its health at the same place.
                    var health = env.getOrDefault(Stack.healthVariable(service), url);
                    add(checks, together, ledger, elsewhere, service, url, () -> Services.version(health));
                }
            }
            together.await();
            var parts = new ArrayList<Part>();
            for (var check : checks.values()) {
                parts.add(check.get());
            }
            return new Status(home, parts);
        }
    }

    boolean healthy() {
        return parts.stream().allMatch(Part::healthy);
    }

    private static String variable(Map<String, String> env, String name) {
        var value = env.get(name);
        if (value == null) {
            throw new Trouble("the env file has no " + name, "run ./lanyard up to write it anew");
        }
        return value;
    }

    private static void add(
            Map<String, Future<Part>> checks,
            Together together,
            Ledger ledger,
            Map<String, String> elsewhere,
            String name,
            String where,
            Callable<String> version) {
        checks.put(name, together.run(() -> {
            boolean embedded = !elsewhere.containsKey(name);
            var process = ledger.process(name)
                    .filter(ProcessId::alive)
                    .map(ProcessId::pid)
                    .orElse(null);
            if (embedded && process == null) {
                // Whoever answers on its port now is somebody else.
                return new Part(name, where, null, "it does not run", null, true);
            }
            try {
                return new Part(name, where, version.call(), null, process, embedded);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                var why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                return new Part(name, where, null, why.replaceAll("\\s+", " "), process, embedded);
            }
        }));
    }

    private static String kafkaVersion(String address, Map<String, String> elsewhere) throws Exception {
        try (var admin = Kafka.admin(address)) {
            int limit = (int) LIMIT.toMillis();
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(limit))
                    .nodes()
                    .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            var missing = new ArrayList<>(Kafka.TOPICS.keySet());
            missing.removeAll(admin.listTopics().names().get(LIMIT.toSeconds(), TimeUnit.SECONDS));
            if (!missing.isEmpty()) {
                throw new IllegalStateException("it has no topic " + missing.getFirst());
            }
            if (!elsewhere.containsKey(Parts.KAFKA)) {
                return Kafka.version();
            }
            // A broker does not tell its release, only the level of its metadata.
            var features = admin.describeFeatures().featureMetadata().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            var level = features.finalizedFeatures().get("metadata.version");
            return level == null ? "?" : "metadata.version " + level.maxVersionLevel();
        }
    }

    private static String postgresVersion(PostgresUrl database) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("show server_version")) {
            return rows.next() ? rows.getString(1) : "?";
        }
    }

    private static String keystoneVersion(KeystoneAdmin keystone, Map<String, String> elsewhere) throws Exception {
        var api = keystone.apiVersion();
        keystone.login();
        return elsewhere.containsKey(Parts.KEYSTONE)
                ? "API " + api
                : DebianPackages.version("python3-keystone").orElse("?") + " (API " + api + ")";
    }
}
