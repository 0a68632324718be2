package lanyard.common.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;

/**
 * Gives a test application the real Kafka, PostgreSQL and Keystone that {@code ./lanyard test} has started, and in each of them a
 * place of its own: a database role with its schema, topics, and a Keystone domain. Removes them afterwards.
 *
 * <p>At Keystone it is the cloud's administrator, for a test that makes things there by the application's own hand; or, with the argument
 * {@value #SERVICE}, the user of least privilege that an operator gives to that service.
 */
public final class RealParts implements QuarkusTestResourceLifecycleManager {
    /** Setting that holds the path of the conductor's private key, as a JWK, for tests that open what was sealed. */
    public static final String CONDUCTOR_KEY = "test.conductor-key";

    /** Argument that names the service as which the application logs in at Keystone. */
    public static final String SERVICE = "service";

    private final String name =
            "t" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    private final List<NewTopic> topics = List.of(
            new NewTopic(name + ".notifications.info", 3, (short) 1),
            new NewTopic(name + ".notifications.error", 3, (short) 1),
            new NewTopic(name + ".credentials", 3, (short) 1),
            new NewTopic(name + ".audit", 3, (short) 1),
            new NewTopic(name + ".dead-letters", 1, (short) 1));
    private final List<String> users = new ArrayList<>();
    private @Nullable String service;

    @Override
    public void init(Map<String, String> arguments) {
        service = arguments.get(SERVICE);
    }

    /** What the test's environment says, or a message that tells how to get it. */
    public static String environment(String variable) {
        return Optional.ofNullable(System.getenv(variable))
                .orElseThrow(() -> new IllegalStateException(variable
                        + " is not set: run the tests by ./lanyard test, or first"
                        + " `./lanyard up --parts-only && . .lanyard/env`"));
    }

    @Override
    public Map<String, String> start() {
        try {
            var settings = new HashMap<String, String>();
            settings.put("quarkus.http.test-port", "0");
            settings.put("quarkus.management.test-port", "0");
            // Each service knows its own settings only, and is given those of all.
            settings.put("smallrye.config.mapping.validate-unknown", "false");
            settings.putAll(kafka());
            settings.putAll(postgres());
            settings.putAll(keystone());
            if (service != null) {
                settings.putAll(leastPrivilege(service));
            }
            settings.putAll(keys());
            return settings;
        } catch (SQLException | IOException | JOSEException | ExecutionException e) {
            throw new IllegalStateException("a part that the test needs does not do as it should", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, String> kafka() throws ExecutionException, InterruptedException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", environment("LANYARD_KAFKA")))) {
            admin.createTopics(topics).all().get();
        }
        return Map.of(
                "lanyard.kafka", environment("LANYARD_KAFKA"),
                "lanyard.topics.notifications", name + ".notifications.info," + name + ".notifications.error",
                "lanyard.topics.credentials", name + ".credentials",
                "lanyard.topics.audit", name + ".audit",
                "lanyard.topics.dead-letters", name + ".dead-letters");
    }

    private Map<String, String> postgres() throws SQLException {
        // Unlike the name, it is nowhere else: it can be searched for.
        var password = UUID.randomUUID().toString();
        sql(
                "create role " + name + " login password '" + password + "'",
                // Only a member of a role may make it the owner of anything.
                "grant " + name + " to current_user",
                "create schema " + name + " authorization " + name);
        var url = URI.create(environment("LANYARD_POSTGRES"));
        return Map.of(
                "lanyard.database.url", "postgresql://%s:%d%s".formatted(url.getHost(), url.getPort(), url.getPath()),
                "lanyard.database.username", name,
                "lanyard.database.password", password);
    }

    private Map<String, String> keystone() {
        return Map.of(
                "lanyard.domain", name,
                // A busy machine is no fault that a test is after.
                "lanyard.keystone.timeout", "60s",
                "lanyard.keystone.url", environment("LANYARD_KEYSTONE_URL"),
                "lanyard.keystone.username", environment("OS_USERNAME"),
                "lanyard.keystone.password", environment("OS_PASSWORD"),
                "lanyard.keystone.user-domain", environment("OS_USER_DOMAIN_NAME"),
                "lanyard.keystone.project", environment("OS_PROJECT_NAME"),
                "lanyard.keystone.project-domain", environment("OS_PROJECT_DOMAIN_NAME"));
    }

    /** Gives a service a user of its own, as {@code ./lanyard bootstrap-cloud} does; the stack's Keystone has the policy for it. */
    public Map<String, String> leastPrivilege(String service) {
        var user = name + "-" + service;
        var password = UUID.randomUUID().toString();
        users.add(new TestKeystone().makeService(name, user, password, "lanyard_" + service));
        return Map.of(
                "lanyard.keystone.username", user,
                "lanyard.keystone.password", password,
                "lanyard.keystone.user-domain", "Default",
                "lanyard.keystone.project", "lanyard",
                "lanyard.keystone.project-domain", name);
    }

    /**
     * A key ring of two, of which {@code test} is current, and a conductor's key with which the client credentials are opened, in files that
     * all may read.
     */
    public static Map<String, String> keys() throws IOException, JOSEException {
        var directory = Files.createTempDirectory(Path.of("target"), "keys");
        Files.createDirectory(directory.resolve("ring"));
        for (var id : List.of("before", "test")) {
            var master = new byte[32];
            new SecureRandom().nextBytes(master);
            Files.writeString(
                    directory.resolve("ring").resolve(id), Base64.getEncoder().encodeToString(master));
        }
        ECKey conductor = new ECKeyGenerator(Curve.P_256).keyID("conductor").generate();
        Files.writeString(directory.resolve("conductor.jwk"), conductor.toJSONString());
        Files.writeString(directory.resolve("recipients.jwks"), new JWKSet(conductor.toPublicJWK()).toString());
        return Map.of(
                "lanyard.key-ring.directory",
                directory.resolve("ring").toAbsolutePath().toString(),
                "lanyard.key-ring.current",
                "test",
                "lanyard.recipients",
                directory.resolve("recipients.jwks").toAbsolutePath().toString(),
                CONDUCTOR_KEY,
                directory.resolve("conductor.jwk").toAbsolutePath().toString());
    }

    @Override
    public void stop() {
        try (var admin = Admin.create(Map.of("bootstrap.servers", environment("LANYARD_KAFKA")))) {
            admin.deleteTopics(topics.stream().map(NewTopic::name).toList())
                    .all()
                    .get();
            sql("drop schema if exists " + name + " cascade", "drop role if exists " + name);
        } catch (SQLException | ExecutionException e) {
            throw new IllegalStateException("the test leaves something behind", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var keystone = new TestKeystone();
        users.forEach(user -> keystone.admin("DELETE", "/users/" + user, null));
        keystone.removeDomain(name);
    }

    /** Changes the stack's database, as its owner. */
    static void sql(String... statements) throws SQLException {
        var url = URI.create(environment("LANYARD_POSTGRES"));
        var userInfo = url.getUserInfo().split(":", 2);
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://%s:%d%s".formatted(url.getHost(), url.getPort(), url.getPath()),
                        userInfo[0],
                        userInfo[1]);
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
