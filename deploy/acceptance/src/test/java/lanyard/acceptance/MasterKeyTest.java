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
import java.util.Map;
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
    private static final Pattern CLUSTERS_TO_ROTATE = Pattern.compile("(?s)<<'SQL'[^\\n]*\\n(.*?);\\n *SQL\\n");
    private static final Pattern KEYS_IN_USE =
            Pattern.compile("(?m)^(select .*, count\\(\\*\\) from lanyard_(\\w+)\\..*);$");

    private final TestBus bus = new TestBus();
    private final TestKeystone keystone = new TestKeystone();
    private final Lanyard lanyard = new Lanyard();
    private final Operator operator = new Operator(lanyard);
    private final Tenant tenant = keystone.makeTenant("member");
    /** Of whose clusters the token issuer's user is a trustee. */
    private final Tenant another = keystone.makeTenant("member", "load-balancer_member");

    @AfterAll
    void stop() {
        lanyard.close();
        keystone.removeTenant(tenant);
        keystone.removeTenant(another);
        bus.close();
    }

    @Test
    void a_key_that_leaked_opens_nothing_any_more_and_no_cluster_is_lost() throws Exception {
        lanyard.provisioner
                .set("lanyard.profiles." + TO_ISSUER + ".roles", "load-balancer_member")
                .set("lanyard.profiles." + TO_ISSUER + ".trustee", "issuer");
        lanyard.tokenIssuer.set("lanyard.door.budget.per-credential", "0").set("lanyard.door.budget.per-address", "0");
        lanyard.start();
        var clusters = Map.of(id(), tenant, id(), tenant, id(), another);
        clusters.forEach((cluster, owners) -> tell(cluster, "create", owners));
        clusters.forEach((cluster, owners) -> isServed(cluster, owners, 1));
        var tokens = clusters.keySet().stream()
                .map(cluster ->
                        lanyard.login(lanyard.openCredential(bus, cluster)).token())
                .toList();
        var gone = id();
        tell(gone, "create", tenant);
        isServed(gone, tenant, 1);
        tell(gone, "delete", tenant);
        eventually(() -> keystone.users(lanyard.domain(), gone).isEmpty());

        // 1 and 2.
        Files.writeString(ring().resolve(NEW), aKey());
        lanyard.tokenIssuer.close();
        lanyard.tokenIssuer
                .set("lanyard.key-ring.current", NEW)
                .set("lanyard.door.overlap", "1s")
                .start();
        lanyard.provisioner.close();
        lanyard.provisioner.set("lanyard.key-ring.current", NEW).start();
        clusters.forEach((cluster, owners) -> isServed(cluster, owners, 1));
        assertThat(opens(OLD, Purpose.CUSTODIAN, custodian(tenant), tenant.project(), 1))
                .isTrue();

        // 3.
        var toRotate = clustersToRotate();
        assertThat(toRotate).hasSize(3);
        for (var cluster : toRotate) {
            rotated(cluster.get(0), "--backend", "--generation", cluster.get(1));
            rotated(cluster.get(0), "--generation", cluster.get(2));
        }
        assertThat(clustersToRotate()).isEmpty();
        clusters.forEach((cluster, owners) -> isServed(cluster, owners, 2));

        // 4.
        eventually(() -> keysInUse().equals(Set.of(NEW)));
        assertThat(tokens).allMatch(token -> keystone.validate(token).status() == 404);
        for (var owners : List.of(tenant, another)) {
            assertThat(opens(OLD, Purpose.CUSTODIAN, custodian(owners), owners.project(), 1))
                    .isFalse();
            assertThat(opens(NEW, Purpose.CUSTODIAN, custodian(owners), owners.project(), 1))
                    .isTrue();
        }
        assertThat(opens(OLD, Purpose.ISSUER, UserNames.ISSUER, UserNames.ISSUER, 1))
                .isFalse();
        for (var cluster : toRotate) {
            var id = cluster.get(0);
            for (int generation = 1; generation <= Integer.parseInt(cluster.get(1)); generation++) {
                assertThat(opens(OLD, Purpose.TRUSTEE, id, id, generation)).isFalse();
            }
            eventually(() -> lanyard.login(lanyard.openCredential(bus, id)).status() == 401);
        }
        Files.delete(ring().resolve(OLD));
        lanyard.services().forEach(service -> {
            service.close();
            service.start();
        });
        clusters.forEach((cluster, owners) -> isServed(cluster, owners, 2));

        // What comes and goes later knows nothing of it.
        var later = id();
        tell(later, "create", tenant);
        isServed(later, tenant, 1);
        tell(later, "delete", tenant);
        clusters.forEach((cluster, owners) -> tell(cluster, "delete", owners));
        for (var owners : List.of(tenant, another)) {
            eventually(() -> keystone.users(lanyard.domain(), custodian(owners)).isEmpty());
        }
        for (var cluster : clusters.keySet()) {
            assertThat(keystone.users(lanyard.domain(), cluster)).isEmpty();
        }
    }

    private static String id() {
        return UUID.randomUUID().toString();
    }

    private static String custodian(Tenant owners) {
        return UserNames.custodian(owners.project());
    }

    private void tell(String cluster, String action, Tenant owners) {
        for (var outcome : List.of("pending", "success")) {
            bus.send(
                    lanyard.notifications(),
                    TestBus.notification(action, outcome, cluster, owners.project(), owners.owner()));
        }
    }

    /** For each purpose its clients get tokens that Keystone takes. */
    private void isServed(String cluster, Tenant owners, int generation) {
        for (var purpose : owners.equals(another) ? List.of(PER_CLUSTER, TO_ISSUER) : List.of(PER_CLUSTER)) {
            eventually(() -> lanyard.openCredential(bus, cluster, purpose, generation) != null);
            var credential = lanyard.openCredential(bus, cluster, purpose, generation);
            eventually(() -> isGood(credential));
        }
    }

    private boolean isGood(JsonNode credential) {
        var login = lanyard.login(credential);
        return login.status() == 201 && keystone.validate(login.token()).status() == 200;
    }

    /** Whether what is derived from this key is a user's password. */
    private boolean opens(String key, Purpose purpose, String user, String owner, int generation) {
        var id = keystone.users(lanyard.domain(), user).getFirst().get("id").asText();
        var password = KeyRing.read(ring(), key).derive(key, purpose, owner, generation);
        return keystone.logIn(id, password.reveal()) == 201;
    }

    private void rotated(String... arguments) {
        var read = operator.runs(
                Stream.concat(Stream.of("rotate"), Stream.of(arguments)).toArray(String[]::new));
        assertThat(read.exitCode()).as(read.text()).isZero();
    }

    private Path ring() {
        return Path.of(lanyard.settings.get("lanyard.key-ring.directory"));
    }

    private static String aKey() {
        var key = new byte[32];
        new SecureRandom().nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    /** What the document's query answers: each cluster, with the generations of backend and client that it is to have. */
    private List<List<String>> clustersToRotate() throws IOException {
        var query = CLUSTERS_TO_ROTATE.matcher(document());
        assertThat(query.find()).isTrue();
        return rows(
                        "provisioner",
                        "select concat_ws(' ', cluster, column2, column3) from (%s) as one (cluster, column2, column3)"
                                .formatted(query.group(1)))
                .map(row -> List.of(row.split(" ")))
                .toList();
    }

    /** What the document's queries answer. */
    private Set<String> keysInUse() throws IOException {
        var queries = KEYS_IN_USE.matcher(document()).results().toList();
        assertThat(queries).hasSize(4);
        return queries.stream()
                .flatMap(query -> rows(query.group(2), query.group(1)))
                .collect(Collectors.toSet());
    }

    private static String document() throws IOException {
        return Files.readString(ServiceProcess.THIS_VERSION.resolve("docs/security.md"));
    }

    /** The schemas have other names here, and each role finds its own. */
    private Stream<String> rows(String service, String query) {
        return Secrets.rows(
                service.equals("provisioner") ? lanyard.provisioner : lanyard.tokenIssuer,
                query.replaceAll("lanyard_\\w+\\.", ""))
                .stream();
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }
}
