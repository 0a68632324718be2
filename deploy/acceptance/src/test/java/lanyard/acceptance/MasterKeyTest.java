package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.delegation.UserNames;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.testing.TestBus;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The steps of "Changing the master key" in docs/security.md, for a key that has leaked, on a cloud with living clusters. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MasterKeyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String OLD = "test";
    private static final String NEW = "2027-01";
    private static final String PER_CLUSTER = "cloud-provider";
    private static final String TO_ISSUER = "backup";
    private static final Pattern QUERY = Pattern.compile("(?m)^select .*, count\\(\\*\\) from lanyard_(\\w+)\\..*$");

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Operator operator = new Operator(lanyard);
    private final Tenant tenant = keystone.makeTenant("member", "load-balancer_member");

    @AfterAll
    void stop() {
        lanyard.close();
        keystone.removeTenant(tenant);
        bus.close();
    }

    @Test
    void a_key_that_leaked_opens_nothing_any_more_and_no_cluster_is_lost() throws Exception {
        lanyard.provisioner
                .set("lanyard.profiles." + TO_ISSUER + ".roles", "member")
                .set("lanyard.profiles." + TO_ISSUER + ".trustee", "issuer");
        lanyard.tokenIssuer
                .set("lanyard.door.overlap", "1s")
                .set("lanyard.door.budget.per-credential", "0")
                .set("lanyard.door.budget.per-address", "0");
        lanyard.start();
        var clusters =
                Stream.generate(() -> UUID.randomUUID().toString()).limit(2).toList();
        clusters.forEach(cluster -> tell(cluster, "create"));
        clusters.forEach(cluster -> isServed(cluster, 1));
        assertThat(custodianLogsInBy(OLD)).isTrue();
        var neighbours =
                lanyard.login(lanyard.openCredential(bus, clusters.get(1))).token();

        // 1 and 2.
        Files.writeString(ring().resolve(NEW), aKey());
        lanyard.tokenIssuer.close();
        lanyard.tokenIssuer.set("lanyard.key-ring.current", NEW).start();
        lanyard.provisioner.close();
        lanyard.provisioner.set("lanyard.key-ring.current", NEW).start();
        clusters.forEach(cluster -> isServed(cluster, 1));

        // 3: the first one takes the custodian along, and its neighbour has to log in again.
        rotated(clusters.get(0), "--backend");
        assertThat(custodianLogsInBy(NEW)).isTrue();
        assertThat(custodianLogsInBy(OLD)).isFalse();
        assertThat(keystone.validate(neighbours).status()).isEqualTo(404);
        clusters.forEach(cluster -> isServed(cluster, 1));
        rotated(clusters.get(1), "--backend");
        clusters.forEach(cluster -> rotated(cluster, "--client"));

        // 4.
        eventually(() -> keysInUse().equals(Set.of(NEW)));
        Files.delete(ring().resolve(OLD));
        lanyard.services().forEach(service -> {
            service.close();
            service.start();
        });
        clusters.forEach(cluster -> isServed(cluster, 2));

        // What comes and goes later knows nothing of it.
        var third = UUID.randomUUID().toString();
        tell(third, "create");
        isServed(third, 1);
        Stream.concat(clusters.stream(), Stream.of(third)).forEach(cluster -> tell(cluster, "delete"));
        eventually(() -> keystone.users(lanyard.domain(), UserNames.custodian(tenant.project()))
                .isEmpty());
        for (var cluster : clusters) {
            assertThat(keystone.users(lanyard.domain(), cluster)).isEmpty();
        }
    }

    private void tell(String cluster, String action) {
        for (var outcome : List.of("pending", "success")) {
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification(action, outcome, cluster, tenant.project(), tenant.owner()));
        }
    }

    /** For both purposes its clients get tokens that Keystone takes. */
    private void isServed(String cluster, int generation) {
        for (var purpose : List.of(PER_CLUSTER, TO_ISSUER)) {
            eventually(() -> lanyard.openCredential(bus, cluster, purpose, generation) != null);
            var credential = lanyard.openCredential(bus, cluster, purpose, generation);
            eventually(() -> isGood(credential));
        }
    }

    private boolean isGood(JsonNode credential) {
        var login = lanyard.login(credential);
        return login.status() == 201 && keystone.validate(login.token()).status() == 200;
    }

    private void rotated(String cluster, String which) {
        var read = operator.runs("rotate", cluster, which);
        assertThat(read.exitCode()).as(read.text()).isZero();
    }

    private boolean custodianLogsInBy(String key) {
        var custodian = keystone.users(lanyard.domain(), UserNames.custodian(tenant.project()))
                .getFirst()
                .get("id")
                .asText();
        var password = KeyRing.read(ring(), key).derive(key, Purpose.CUSTODIAN, tenant.project(), 1);
        return keystone.logIn(custodian, password.reveal()) == 201;
    }

    private Path ring() {
        return Path.of(lanyard.settings.get("lanyard.key-ring.directory"));
    }

    private static String aKey() {
        var key = new byte[32];
        new SecureRandom().nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    /** What the document's queries answer. */
    private Set<String> keysInUse() throws IOException {
        var document = Files.readString(ServiceProcess.THIS_VERSION.resolve("docs/security.md"));
        var queries = QUERY.matcher(document).results().toList();
        assertThat(queries).hasSize(4);
        return queries.stream()
                .flatMap(query -> Secrets.rows(
                        query.group(1).equals("provisioner") ? lanyard.provisioner : lanyard.tokenIssuer,
                        query.group().replaceFirst("lanyard_\\w+\\.", ""))
                        .stream())
                .collect(Collectors.toSet());
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }
}
