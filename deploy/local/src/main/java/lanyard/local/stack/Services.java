package lanyard.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import lanyard.local.bootstrap.ServiceUser;
import lanyard.local.terminal.Trouble;

/** Lanyard's own three services, run from copies of what was built, so that a new build does not pull the rug from under them. */
final class Services {
    static final String DOMAIN = "lanyard";
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    private final Home home;
    private final Children children;
    private final Ports ports;
    private final Ledger ledger;
    private final Launch how;

    Services(Home home, Children children, Ports ports, Ledger ledger, Launch how) {
        this.home = home;
        this.children = children;
        this.ports = ports;
        this.ledger = ledger;
        this.how = how;
    }

    /**
     * What the services are given to work with.
     *
     * @param leastPrivilege whether Keystone has users for them, and a policy that knows these; else they are its administrator
     */
    record Surroundings(
            String kafka,
            PostgresUrl database,
            Databases databases,
            KeystoneAdmin keystone,
            boolean leastPrivilege,
            Map<String, String> keys) {}

    /** The port of a service; that of the token issuer is the door. */
    static String portName(String service) {
        return service.replace(Parts.TOKEN_ISSUER, "door");
    }

    /** The port of a service's health and metrics: the door has one of its own for them, which no cluster is to reach. */
    private static String healthPortName(String service) {
        return service.replace(Parts.TOKEN_ISSUER, "door-health");
    }

    static String baseUrl(int port) {
        return "http://127.0.0.1:" + port;
    }

    static Path built(String service) {
        return Home.checkout().resolve(service).resolve("target/quarkus-app");
    }

    /**
     * Where a service is.
     *
     * @param url its base URL; the token issuer's is the door's
     * @param health the base URL of its health and metrics
     */
    record Address(String url, String health) {}

    /** Starts a service unless it runs just so; a service that was built or set up anew is started again. */
    Address start(String service, Surroundings surroundings) throws IOException, InterruptedException {
        var build = newest(built(Parts.service(service)));
        boolean runs = children.alive(service);
        int port = port(runs, portName(service));
        int health = healthPortName(service).equals(portName(service)) ? port : port(runs, healthPortName(service));
        var environment = environment(service, port, health, surroundings);
        environment.putAll(how.environment().getOrDefault(service, Map.of()));
        var launch = fingerprint(build, how.jvm(), environment);
        if (runs && !ledger.note(service + ".launch").filter(launch::equals).isPresent()) {
            children.stop(service);
            runs = false;
        }
        if (!runs) {
            var application = copy(service, build);
            children.start(
                    service,
                    Machine.java(
                            options(service),
                            "-jar",
                            application.resolve("quarkus-run.jar").toString()),
                    environment);
            ledger.note(service + ".launch", launch);
        }
        return new Address(baseUrl(port), baseUrl(health));
    }

    private List<String> options(String service) {
        return how.archived()
                ? Machine.join(
                        Machine.archive(home.file("services/" + service + ".jsa")),
                        how.jvm().toArray(String[]::new))
                : how.jvm();
    }

    /** A service that runs and has no such port yet is of an older version; it is started again with the one that is chosen. */
    private int port(boolean runs, String name) {
        var now = ledger.port(name);
        return runs && now.isPresent() ? now.get() : ports.choose(name);
    }

    void awaitReady(String service, Address address) throws InterruptedException {
        children.await(
                service, LIMIT, () -> get(address.health() + "/q/health/ready").statusCode() == 200 ? address : null);
    }

    /**
     * The version that a service reports of itself; empty if it is not ready to work.
     *
     * @param healthUrl the base URL of its health
     */
    static String version(String healthUrl) throws IOException, InterruptedException {
        if (get(healthUrl + "/q/health/ready").statusCode() != 200) {
            throw new IOException("it is not ready");
        }
        JsonNode health = JSON.readTree(get(healthUrl + "/q/health").body());
        for (var check : health.path("checks")) {
            if (check.path("name").asText().equals("lanyard")) {
                return check.path("data").path("version").asText();
            }
        }
        return "?";
    }

    private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private Map<String, String> environment(String part, int port, int health, Surroundings given) {
        var service = Parts.service(part);
        var role = Parts.role(service);
        var keystone = given.keystone();
        var environment = new LinkedHashMap<String, String>();
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", String.valueOf(port));
        environment.put("LANYARD_KAFKA", given.kafka());
        environment.put("LANYARD_DATABASE_URL", given.database().withoutUser());
        environment.put("LANYARD_DATABASE_USERNAME", role);
        environment.put("LANYARD_DATABASE_PASSWORD", given.databases().password(role));
        environment.put("LANYARD_KEYSTONE_URL", keystone.url());
        if (!service.equals(Parts.TOKEN_ISSUER)) {
            environment.putAll(given.leastPrivilege() ? ownUser(service) : administrator(keystone));
            environment.put("LANYARD_DOMAIN", DOMAIN);
        }
        if (!service.equals(Parts.REVOKER)) {
            copy(given.keys(), environment, "LANYARD_KEY_RING_DIRECTORY", "LANYARD_KEY_RING_CURRENT");
        }
        if (service.equals(Parts.TOKEN_ISSUER)) {
            copy(given.keys(), environment, "LANYARD_RECIPIENTS");
            environment.put("LANYARD_DOOR_URL", baseUrl(port) + "/v3");
            environment.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
            environment.put("QUARKUS_MANAGEMENT_PORT", String.valueOf(health));
        }
        return environment;
    }

    private Map<String, String> ownUser(String service) {
        var cloud = Keystone.CLOUD;
        var user = service.equals(Parts.REVOKER) ? ServiceUser.REVOKER : ServiceUser.PROVISIONER;
        return cloud.settings(user, Keystone.servicePasswords(home).file(user));
    }

    private static Map<String, String> administrator(KeystoneAdmin keystone) {
        return Map.of(
                "LANYARD_KEYSTONE_USERNAME", keystone.user(),
                "LANYARD_KEYSTONE_PASSWORD", keystone.password(),
                "LANYARD_KEYSTONE_USER_DOMAIN", keystone.userDomain(),
                "LANYARD_KEYSTONE_PROJECT", keystone.project(),
                "LANYARD_KEYSTONE_PROJECT_DOMAIN", keystone.projectDomain());
    }

    private static void copy(Map<String, String> from, Map<String, String> to, String... names) {
        for (var name : names) {
            to.put(name, from.getOrDefault(name, ""));
        }
    }

    private static String fingerprint(long build, List<String> jvm, Map<String, String> environment) {
        // Only a name for equality: nothing can be got back from it.
        return UUID.nameUUIDFromBytes(
                        (build + jvm.toString() + new TreeMap<>(environment)).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private Path copy(String service, long build) throws IOException {
        var target = home.makeDirectory("services").resolve(service);
        var copied = service + ".copied";
        if (Files.isDirectory(target)
                && ledger.note(copied).filter(String.valueOf(build)::equals).isPresent()) {
            return target;
        }
        if (Files.exists(target)) {
            Home.deleteTree(target);
        }
        var source = built(Parts.service(service));
        try (var files = Files.walk(source)) {
            for (var file : (Iterable<Path>) files::iterator) {
                Files.copy(
                        file, target.resolve(source.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        ledger.note(copied, String.valueOf(build));
        return target;
    }

    private static long newest(Path directory) throws IOException {
        if (!Files.exists(directory.resolve("quarkus-run.jar"))) {
            throw new Trouble(directory + " is missing", "run ./lanyard up, which builds it");
        }
        try (var files = Files.walk(directory)) {
            long newest = 0;
            for (var file : (Iterable<Path>) files::iterator) {
                newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
            }
            return newest;
        }
    }
}
