package lanyard.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.jwk.ECKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.jspecify.annotations.Nullable;

/** The three services on real parts, each with its own database role, as an operator deploys them; and a conductor's key. */
final class Lanyard implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GROUP = "mp.messaging.connector.smallrye-kafka.group.id";
    private static final HttpClient HTTP = PlainHttp.client();

    private final List<RealParts> schemas = List.of(new RealParts(), new RealParts(), new RealParts());
    final Map<String, String> settings;
    final ServiceProcess provisioner;
    final ServiceProcess tokenIssuer;
    final ServiceProcess revoker;
    private final List<ServiceProcess> replicas = new ArrayList<>();

    Lanyard() {
        this(ServiceProcess.THIS_VERSION);
    }

    /** @param checkout in which the three services were built */
    Lanyard(Path checkout) {
        // Each RealParts has topics, a domain and keys; those of the first serve all three.
        settings = schemas.get(0).start();
        provisioner = new ServiceProcess(checkout, "provisioner", as("provisioner", settings));
        tokenIssuer = new ServiceProcess(
                checkout,
                "token-issuer",
                withoutAdministrator(ownDatabase(schemas.get(1).start())));
        tokenIssuer.set("lanyard.door.url", tokenIssuer.url() + "/v3");
        // A busy machine is no fault that a test is after.
        tokenIssuer.set("lanyard.door.patience", "60s");
        revoker = new ServiceProcess(
                checkout,
                "revoker",
                as("revoker", withoutKeys(ownDatabase(schemas.get(2).start()))));
        // Others may test on the same broker: whoever joins a group makes all of it wait.
        Stream.of(provisioner, tokenIssuer, revoker)
                .forEach(service -> service.set(GROUP, "lanyard-%s-%s".formatted(service.name(), domain())));
    }

    /** For a test that needs services which may make a domain, or remove what an older version made. */
    Lanyard asAdministrator() {
        Stream.of(provisioner, revoker)
                .forEach(service -> settings.forEach((name, value) -> {
                    if (name.startsWith("lanyard.keystone.")) {
                        service.set(name, value);
                    }
                }));
        return this;
    }

    /** Each service that administers Keystone is a user of its own there, who may what it must. */
    private Map<String, String> as(String service, Map<String, String> settings) {
        var merged = new HashMap<>(settings);
        merged.putAll(schemas.getFirst().leastPrivilege(service));
        return merged;
    }

    private Map<String, String> ownDatabase(Map<String, String> other) {
        var merged = new HashMap<>(settings);
        other.forEach((name, value) -> {
            if (name.startsWith("lanyard.database.")) {
                merged.put(name, value);
            }
        });
        return merged;
    }

    private static Map<String, String> withoutAdministrator(Map<String, String> settings) {
        settings.keySet().removeIf(name -> name.startsWith("lanyard.keystone.") && !name.endsWith(".url"));
        return settings;
    }

    private static Map<String, String> withoutKeys(Map<String, String> settings) {
        settings.keySet().removeIf(name -> name.startsWith("lanyard.key-ring."));
        return settings;
    }

    Lanyard start() {
        services().parallel().forEach(ServiceProcess::start);
        return this;
    }

    /** One more replica of the door, on the same rows and with the same keys, not started yet; it is told of the first one's URL. */
    ServiceProcess anotherDoor() {
        return another(tokenIssuer);
    }

    /** One more replica of a service, of this version, on the same rows and with the same settings, not started yet. */
    ServiceProcess another(ServiceProcess one) {
        var replica = new ServiceProcess(ServiceProcess.THIS_VERSION, one.name(), one.settings());
        replicas.add(replica);
        return replica;
    }

    Stream<ServiceProcess> services() {
        return Stream.concat(Stream.of(provisioner, tokenIssuer, revoker), replicas.stream());
    }

    String credentials() {
        return settings.get("lanyard.topics.credentials");
    }

    String notifications() {
        return settings.get("lanyard.topics.notifications").split(",")[0];
    }

    String domain() {
        return settings.get("lanyard.domain");
    }

    /** The group of Kafka's in which the replicas of a service share what is to be recorded. */
    String group(String service) {
        return services()
                .filter(one -> one.name().equals(service))
                .map(one -> one.setting(GROUP))
                .findFirst()
                .orElseThrow();
    }

    List<String> topics() {
        return Stream.of(
                        settings.get("lanyard.topics.notifications"),
                        settings.get("lanyard.topics.credentials"),
                        settings.get("lanyard.topics.audit"),
                        settings.get("lanyard.topics.dead-letters"))
                .flatMap(names -> Stream.of(names.split(",")))
                .toList();
    }

    /** The first client credential of this cluster's cloud provider; {@code null} when there is none yet. */
    @Nullable
    JsonNode openCredential(TestBus bus, String cluster) {
        return openCredential(bus, cluster, "cloud-provider", 1);
    }

    /** A client credential of this cluster, opened as the conductor opens it; {@code null} when there is none yet. */
    @Nullable
    JsonNode openCredential(TestBus bus, String cluster, String purpose, int generation) {
        return bus.events(credentials(), cluster, "credential.ready").stream()
                .filter(ready -> ready.at("/data/purpose").asText().equals(purpose)
                        && ready.at("/data/generation").asInt() == generation)
                .findFirst()
                .map(ready -> open(ready, settings.get(RealParts.CONDUCTOR_KEY)))
                .orElse(null);
    }

    /** What was sealed to the conductor, whose private key is in that file. */
    static JsonNode open(JsonNode ready, String conductorKey) {
        try {
            var jwe = JWEObject.parse(ready.at("/data/sealed/0/jwe").asText());
            jwe.decrypt(new ECDHDecrypter(ECKey.parse(Files.readString(Path.of(conductorKey)))));
            return JSON.readTree(jwe.getPayload().toBytes());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the door answers to a login; {@code token} and {@code retryAfter} are {@code null} when it gave none. */
    record Login(int status, @Nullable String token, @Nullable String retryAfter, JsonNode body) {}

    /** Logs in at the door as openstackclient does, see captures/openstack-appcred.txt. */
    Login login(JsonNode credential) {
        return login(tokenIssuer, credential);
    }

    /** Logs in at this replica of the door. */
    static Login login(ServiceProcess door, JsonNode credential) {
        return login(door.url(), credential);
    }

    /** Logs in at the door that has this base URL. */
    static Login login(String door, JsonNode credential) {
        var body =
                """
                {"auth":{"identity":{"methods":["application_credential"],
                  "application_credential":{"secret":"%s","id":"%s"}}}}
                """
                        .formatted(
                                credential.get("application_credential_secret").asText(),
                                credential.get("application_credential_id").asText());
        try {
            var response = HTTP.send(
                    HttpRequest.newBuilder(URI.create(door + "/v3/auth/tokens"))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
            return new Login(
                    response.statusCode(),
                    response.headers().firstValue("X-Subject-Token").orElse(null),
                    response.headers().firstValue("Retry-After").orElse(null),
                    JSON.readTree(response.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        services().parallel().forEach(ServiceProcess::close);
        schemas.forEach(RealParts::stop);
    }
}
