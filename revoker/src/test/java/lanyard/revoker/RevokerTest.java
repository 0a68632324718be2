package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.FailureReason;
import lanyard.common.events.RetryRequested;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import lanyard.common.testing.TestBus;
import org.junit.jupiter.api.Test;

/** The revoker on the real Kafka, PostgreSQL and Keystone. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "revoker"))
@TestProfile(Impatient.class)
class RevokerTest extends Fixture {
    @TestHTTPResource("/q/health/ready")
    URI ready;

    @TestHTTPResource("/q/metrics")
    URI metrics;

    private final HttpClient http = PlainHttp.client();

    @Test
    void aDeletedClusterLosesItsTrustAndItsUserAndItsTokenDies() {
        var given = delegation(1);
        tellProvisioned(given);
        var token = tokenOf(given);
        assertThat(keystone.validate(token).status()).isEqualTo(200);

        tell("delete", "success", cluster);

        var told = revoked(cluster, 1);
        assertThat(told.get("trusts").asInt()).isEqualTo(1);
        assertThat(told.get("trustee").asText()).isEqualTo("removed");
        assertThat(trusteeIsThere()).isFalse();
        assertThat(trustIsThere(given.trusts().getFirst())).isFalse();
        assertThat(keystone.validate(token).status()).isIn(401, 404);
        assertThat(keystone.admin("GET", "/users/" + given.custodian(), null).status())
                .as("the custodian is the provisioner's to remove")
                .isEqualTo(200);
    }

    @Test
    void aDeleteBehindThousandsOfCreatesIsNotKeptWaiting() {
        var given = delegation(1);
        tellProvisioned(given);
        tellCreated(3_000);

        tell("delete", "success", cluster);

        revoked(cluster, 1);
        assertThat(trusteeIsThere()).isFalse();
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
    }

    @Test
    void aRevocationThatWaitsForLongIsTriedAtOnceWhenAnOperatorAsks() {
        var given = delegation(1);
        tellProvisioned(given);
        // As after a day of failures.
        update("update cluster set phase = 'ABSENT', due_at = now() + interval '1 day', attempts = 99,"
                + " failing_since = now() - interval '1 day', failed_at = now() - interval '1 minute', why = 'a test'"
                + " where cluster = '" + cluster + "'");

        tell(new RetryRequested(cluster));

        revoked(cluster, 1);
        assertThat(trusteeIsThere()).isFalse();
        eventually().until(() -> column("failing_since", cluster) == null);
    }

    @Test
    void howeverManyTrustsThereAreAllAreRemovedAndCounted() {
        var given = delegation(5);

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(5);
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void aTrustThatAStrangerMadeToTheTrusteeGoesWithIt() {
        var given = delegation(1);
        var password = "only in this test: 3f0a1f64";
        var stranger = keystone.makeUser("default", "stranger-" + cluster, password);
        keystone.grant(stranger, tenant.project(), "member");
        var theirs = keystone.makeTrust(
                stranger,
                password,
                "not-lanyards",
                given.trustee(),
                tenant.project(),
                "member",
                GivenDelegation.name(cluster, "theirs"));
        try {
            tell("delete", "success", cluster);

            revoked(cluster, 1);
            assertThat(trusteeIsThere()).isFalse();
            assertThat(given.trusts()).noneMatch(this::trustIsThere);
            assertThat(trustIsThere(theirs)).isFalse();
        } finally {
            keystone.admin("DELETE", "/users/" + stranger, null);
        }
    }

    @Test
    void onlyTheDeletedClusterLosesAnything() {
        var given = delegation(1);
        var other = UUID.randomUUID().toString();

        tell("delete", "success", other);
        revoked(other, 1);

        assertThat(trusteeIsThere()).isTrue();
        assertThat(given.trusts()).allMatch(this::trustIsThere);
    }

    @Test
    void anUnknownClusterLeavesATombstoneAndWhatIsProvisionedForItLateIsRemovedAtOnce() {
        tell("delete", "success", cluster);
        var first = revoked(cluster, 1);
        assertThat(first.get("trusts").asInt()).isZero();
        assertThat(first.get("trustee").asText()).isEqualTo("absent");
        assertThat(column("phase", cluster)).isEqualTo("ABSENT");

        var given = delegation(2);
        tellProvisioned(given);

        assertThat(revoked(cluster, 2).get("trusts").asInt()).isEqualTo(2);
        assertThat(trusteeIsThere()).isFalse();
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
    }

    @Test
    void anAttemptThatWasGivenUpIsLookedForAgain() {
        tell("delete", "success", cluster);
        revoked(cluster, 1);
        delegation(0);

        tell(new CredentialFailed(
                cluster, tenant.project(), 1, 1, FailureReason.DELETED_MEANWHILE, "the cluster was deleted meanwhile"));

        assertThat(revoked(cluster, 2).get("trustee").asText()).isEqualTo("removed");
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void whileTheClusterCleansUpItKeepsItsCredential() {
        var given = delegation(1);
        tellProvisioned(given);
        tell("delete", "pending", cluster);
        eventually().until(() -> "DELETING".equals(column("phase", cluster)) && column("lease", cluster) == null);

        assertThat(column("due_at > now() + interval '23 hours'", cluster)).isEqualTo("t");
        assertThat(given.trusts()).allMatch(this::trustIsThere);
        assertThat(trusteeIsThere()).isTrue();

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void aClusterThatIsNotDeletedKeepsEverything() {
        var given = delegation(1);
        tellProvisioned(given);
        tell("create", "pending", cluster);
        tell("create", "success", cluster);
        tell("update", "success", cluster);
        eventually().until(() -> "PRESENT".equals(column("phase", cluster)) && column("due_at", cluster) == null);
        everythingSentIsHeard();

        assertThat(column("phase", cluster)).isEqualTo("PRESENT");
        assertThat(given.trusts()).allMatch(this::trustIsThere);
        assertThat(trusteeIsThere()).isTrue();
    }

    @Test
    void aClusterIsKnownFromItsFirstNotificationAndOnceGoneStaysGone() {
        tell("create", "pending", cluster);
        eventually().until(() -> tenant.project().equals(column("told_project", cluster)));
        assertThat(column("phase", cluster)).isEqualTo("PRESENT");

        tell("delete", "success", cluster);
        revoked(cluster, 1);
        tell("create", "success", cluster);
        everythingSentIsHeard();

        assertThat(column("phase", cluster)).isEqualTo("ABSENT");
        assertThat(column("revoked", cluster)).isEqualTo("t");
        revoked(cluster, 1);
    }

    @Test
    void aTrusteeThatAnOperatorRemovedByHandIsNoObstacle() {
        var given = delegation(1);
        tellProvisioned(given);
        keystone.admin("DELETE", "/users/" + given.trustee(), null);

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trustee").asText()).isEqualTo("absent");
        assertThat(trustIsThere(given.trusts().getFirst())).isFalse();
    }

    @Test
    void aTrustThatAnOperatorRemovedByHandIsNoObstacle() {
        var given = delegation(2);
        keystone.admin("DELETE", "/OS-TRUST/trusts/" + given.trusts().getFirst(), null);

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trusteeIsThere()).isFalse();
    }

    @Test
    void aClusterThatTheIssuerServesLosesItsTrustsAndItsNeighbourKeepsItsOwn() {
        var neighbour = UUID.randomUUID().toString();
        var trusts = List.of(trustToIssuer(cluster, "cloud-provider"), trustToIssuer(cluster, "volumes"));
        var others = trustToIssuer(neighbour, "cloud-provider");
        tellProvisioned(
                cluster,
                null,
                List.of(toIssuer("cloud-provider", trusts.getFirst()), toIssuer("volumes", trusts.getLast())));
        tellProvisioned(neighbour, null, List.of(toIssuer("cloud-provider", others)));

        tell("delete", "success", cluster);

        var told = revoked(cluster, 1);
        assertThat(told.get("trusts").asInt()).isEqualTo(2);
        assertThat(told.get("trustee").asText()).isEqualTo("absent");
        assertThat(trusts).noneMatch(this::trustIsThere);
        assertThat(trustIsThere(others)).isTrue();
        assertThat(keystone.users(domain, UserNames.ISSUER))
                .as("the issuer's user")
                .hasSize(1);
    }

    @Test
    void aClusterWithBothKindsOfTrusteesLosesEverything() {
        var given = delegation(1);
        var shared = trustToIssuer(cluster, "volumes");
        tellProvisioned(given);

        tell("delete", "success", cluster);

        var told = revoked(cluster, 1);
        assertThat(told.get("trusts").asInt()).isEqualTo(2);
        assertThat(told.get("trustee").asText()).isEqualTo("removed");
        assertThat(trusteeIsThere()).isFalse();
        assertThat(trustIsThere(shared)).isFalse();
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
    }

    @Test
    void aTrustToTheIssuerThatWasNeverAnnouncedIsFoundByItsName() {
        var left = trustToIssuer(cluster, "cloud-provider");

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trustIsThere(left)).isFalse();
    }

    @Test
    void whereNobodyToldTheProjectItIsLookedForAgainOnceSomebodyDoes() {
        var left = trustToIssuer(cluster, "cloud-provider");
        tellDeletedSomewhere(cluster);
        assertThat(revoked(cluster, 1).get("trusts").asInt()).isZero();
        assertThat(trustIsThere(left)).isTrue();

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 2).get("trusts").asInt()).isEqualTo(1);
        assertThat(trustIsThere(left)).isFalse();
    }

    @Test
    void theProvisionersProjectHoldsAgainstTheConductors() {
        var trust = trustToIssuer(cluster, "cloud-provider");
        tellProvisioned(cluster, null, List.of(toIssuer("cloud-provider", trust)));

        tell("delete", "success", cluster, "0".repeat(32));

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trustIsThere(trust)).isFalse();
    }

    @Test
    void theProjectOfAnAttemptThatWasGivenUpIsWhereToLook() {
        tellDeletedSomewhere(cluster);
        revoked(cluster, 1);
        var left = trustToIssuer(cluster, "cloud-provider");

        tell(new CredentialFailed(
                cluster, tenant.project(), 1, 1, FailureReason.DELETED_MEANWHILE, "the cluster was deleted meanwhile"));

        assertThat(revoked(cluster, 2).get("trusts").asInt()).isEqualTo(1);
        assertThat(trustIsThere(left)).isFalse();
    }

    @Test
    void aNeighbourOfTheSameNameKeepsItsTrust() {
        var neighbour = UUID.randomUUID().toString();
        // Its name is a hash; here two are the same by force.
        var others = trustToIssuer(cluster, "cloud-provider");
        tellProvisioned(neighbour, null, List.of(toIssuer("cloud-provider", others)));
        var own = trustToIssuer(cluster, "volumes");

        tell("delete", "success", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trustIsThere(own)).isFalse();
        assertThat(trustIsThere(others)).isTrue();
    }

    @Test
    void aDeletionToldAgainAndAgainIsDoneOnce() {
        delegation(1);
        tell("delete", "pending", cluster);
        tell("delete", "success", cluster);
        tell("delete", "success", cluster);
        revoked(cluster, 1);
        tell("delete", "success", cluster);
        tell("delete", "pending", cluster);
        everythingSentIsHeard();

        eventually().until(() -> column("due_at", cluster) == null);
        revoked(cluster, 1);
        assertThat(column("phase", cluster)).isEqualTo("ABSENT");
    }

    @Test
    void othersMessagesArePassedOverAndBrokenOnesPutAsideWithoutStoppingTheRest() throws Exception {
        var given = delegation(1);
        var info = notifications.getFirst();
        var good = new String(
                TestBus.notification("delete", "success", cluster, tenant.project(), tenant.owner()),
                StandardCharsets.UTF_8);
        var secretive = "s3cr3t-" + cluster;
        var broken = List.of(
                good.substring(0, good.length() / 2),
                good.replace(cluster, "../../" + secretive),
                good.replace("\\\"success\\\"", "\\\"" + secretive + "\\\""));
        bus.send(info, 0, null, "{\"event_type\":\"port.delete.end\"}".getBytes(StandardCharsets.UTF_8));
        bus.send(info, 0, null, null);
        for (var body : broken) {
            bus.send(info, 0, null, body.getBytes(StandardCharsets.UTF_8));
        }
        bus.send(credentials, null, "unkeyed", new byte[] {(byte) 0xff, 0});
        bus.send(info, 0, null, good.getBytes(StandardCharsets.UTF_8));

        eventually()
                .until(() ->
                        bus.events(credentials, cluster, "credential.revoked").size() == 1);
        assertThat(given.trusts()).noneMatch(this::trustIsThere);
        eventually().until(() -> lettersAbout(info).size() == broken.size());
        eventually().until(() -> lettersAbout(credentials).size() == 1);
        assertThat(lettersAbout(info)).allSatisfy(letter -> {
            assertThat(letter.get("reason").asText()).isNotBlank();
            assertThat(letter.toString()).doesNotContain(secretive);
        });
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"dead-lettered\""))
                .isNotEmpty()
                .allMatch(count -> count >= broken.size());
        assertThat(sample("lanyard_messages_total", "topic=\"" + info + "\"", "result=\"ignored\""))
                .isNotEmpty()
                .allMatch(count -> count >= 2);
    }

    @Test
    void whatIsStillToBeReadIsToldOfEachTopicAndOfNoneTwice() {
        tell("delete", "success", cluster);
        revoked(cluster, 1);
        var read = Stream.concat(notifications.stream(), Stream.of(credentials)).toList();
        // Micrometer asks Kafka's clients once a minute for what they have become able to tell.
        await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> assertThat(get(metrics)
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("kafka_consumer_fetch_manager_records_lag{"))
                        .map(line -> line.replaceAll(".*[,{]topic=\"([^\"]*)\".*", "$1"))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(read));
    }

    @Test
    void anOperatorSeesHealthAndMetrics() throws Exception {
        delegation(1);
        tell("delete", "success", cluster);
        revoked(cluster, 1);

        eventually().until(() -> get(ready).statusCode() == 200);
        assertThat(sample("lanyard_messages_total", "result=\"read\"")).isNotEmpty();
        eventually().until(() -> sample("lanyard_clusters", "state=\"revoked\"").stream()
                .anyMatch(count -> count >= 1));
        assertThat(sample("lanyard_clusters_unreconciled_oldest_seconds")).hasSize(1);
        assertThat(sample("lanyard_outbox_unpublished_oldest_seconds")).hasSize(1);
        for (var operation : List.of("find-user", "list-trusts", "delete-trust", "delete-user")) {
            assertThat(sample(
                            "lanyard_keystone_calls_seconds_count",
                            "operation=\"" + operation + "\"",
                            "result=\"done\""))
                    .as(operation)
                    .isNotEmpty()
                    .allMatch(count -> count >= 1);
        }
    }

    /** A token of the cluster's, as the door would get it. */
    private String tokenOf(GivenDelegation given) {
        var answer = keystone.as(
                null,
                "POST",
                "/auth/tokens",
                """
                {"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"%s","password":"%s"}}},
                 "scope":{"OS-TRUST:trust":{"id":"%s"}}}}
                """
                        .formatted(
                                given.trustee(),
                                GivenDelegation.PASSWORD,
                                given.trusts().getFirst()));
        assertThat(answer.status()).isEqualTo(201);
        return answer.token();
    }

    /** Once a deletion that was told last is done, what was told before it was heard. */
    private void everythingSentIsHeard() {
        var last = UUID.randomUUID().toString();
        tell("delete", "success", last);
        revoked(last, 1);
    }

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    /** The values of a metric, of those of its series that have all these labels. */
    private List<Double> sample(String metric, String... labels) throws IOException, InterruptedException {
        return get(metrics)
                .body()
                .lines()
                .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
                .toList();
    }
}
