package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanyard.common.events.Trusteeship;
import lanyard.common.reconcile.Phase;
import lanyard.tokenissuer.Entitlement.Backend;
import lanyard.tokenissuer.Entitlement.Grant;
import lanyard.tokenissuer.Entitlement.Trustee;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServedTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Trustee TRUSTEE = new Trustee("trustee", "domain");
    private static final Credential FIRST = Credential.of("cluster", "cloud-provider", 1, "key");
    private static final Credential SECOND = Credential.of("cluster", "cloud-provider", 2, "key");

    @Test
    void everyPurposeHasACredentialAndWhatIsBehindIt() {
        var served = Served.of(
                "cluster",
                owed(1, TRUSTEE, Map.of("cloud-provider", Trusteeship.PER_CLUSTER, "registry", Trusteeship.ISSUER)),
                List.of());
        assertThat(served.credentials().values())
                .containsExactlyInAnyOrder(FIRST, Credential.of("cluster", "registry", 1, "key"));
        assertThat(served.behind(FIRST, NOW))
                .isEqualTo(new Delegated(
                        "cluster",
                        "cloud-provider",
                        7,
                        "backend-key",
                        "project",
                        Trusteeship.PER_CLUSTER,
                        "trustee",
                        "trust-cloud-provider"));
        assertThat(served.trusteeDomain()).isEqualTo("domain");
        assertThat(served.project()).isEqualTo("project");
    }

    @Test
    void aGrantToTheIssuerNeedsNoTrustee() {
        var served = Served.of("cluster", owed(1, null, Map.of("cloud-provider", Trusteeship.ISSUER)), List.of());
        assertThat(served.behind(FIRST, NOW))
                .isNotNull()
                .extracting(Delegated::trustee)
                .isNull();
        assertThat(served.trusteeDomain()).isNull();
    }

    @Test
    void aGrantThatThisVersionDoesNotUnderstandIsNotServed() {
        assertThat(Served.of("cluster", owed(1, TRUSTEE, Map.of("cloud-provider", Trusteeship.UNKNOWN)), List.of())
                        .delegated())
                .isEmpty();
        assertThat(Served.of("cluster", owed(1, null, Map.of("cloud-provider", Trusteeship.PER_CLUSTER)), List.of())
                        .delegated())
                .isEmpty();
    }

    @Test
    void anOlderCredentialStandsForTheSameUntilItIsOver() {
        var older = new Credential(FIRST.id(), "cluster", "cloud-provider", 1, "key", NOW);
        var served = Served.of("cluster", cloud(2), List.of(older));
        assertThat(served.credentials().values()).containsExactlyInAnyOrder(older, SECOND);
        assertThat(served.behind(older, NOW.minusMillis(1))).isEqualTo(served.behind(SECOND, NOW));
        assertThat(served.behind(older, NOW)).isNull();
        assertThat(served.newest("cloud-provider")).isEqualTo(SECOND);
        assertThat(served.newest("registry")).isNull();
    }

    @Test
    void whatIsRecordedOfACredentialHolds() {
        var over = new Credential(FIRST.id(), "cluster", "cloud-provider", 1, "key", NOW);
        assertThat(Served.of("cluster", cloud(1), List.of(over)).credentials()).containsEntry(FIRST.id(), over);
    }

    @Test
    void nothingIsBehindACredentialThatWasRevoked() {
        var served = Served.of("cluster", cloud(1).join(Entitlement.REVOKED), List.of());
        assertThat(served.revoked()).isTrue();
        assertThat(served.behind(FIRST, NOW)).isNull();
        // It is still known, so that its refusal can be told from that of a stranger's in the audit.
        assertThat(served.credentials()).containsKey(FIRST.id());
    }

    @Test
    void nothingIsBehindADisputedBackend() {
        var other = new Entitlement(Phase.PRESENT, Claim.none(), new Claim<>(7, backend(TRUSTEE, Map.of())));
        var served = Served.of("cluster", cloud(1).join(other), List.of(FIRST));
        assertThat(served.disputed()).isTrue();
        assertThat(served.delegated()).isEmpty();
        assertThat(served.behind(FIRST, NOW)).isNull();
    }

    @Test
    void aDisputedClientGenerationIsServedToNobody() {
        var other = new Entitlement(Phase.PRESENT, new Claim<>(1, "another"), Claim.none());
        var served = Served.of("cluster", cloud(1).join(other), List.of(FIRST));
        assertThat(served.behind(FIRST, NOW)).isNull();
        assertThat(served.credentials()).containsOnlyKeys(FIRST.id());
    }

    @Test
    void beforeAnythingIsHeardNothingIsServed() {
        var served = Served.of("cluster", Entitlement.NOTHING_HEARD, List.of());
        assertThat(served.credentials()).isEmpty();
        assertThat(served.delegated()).isEmpty();
        assertThat(served.project()).isNull();
    }

    @Test
    void theIdIsTheSameForEverButForEachPurposeAndGenerationAnother() {
        // Clients hold this id: another derivation would lock all of them out.
        var id = Credential.id("0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90", "cloud-provider", 1);
        assertThat(id).isEqualTo("9a4f8508f8b9bcdbdb9ea51dc9e47f05");
        assertThat(Credential.id("0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90", "registry", 1))
                .isNotEqualTo(id);
        assertThat(Credential.id("0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90", "cloud-provider", 2))
                .isNotEqualTo(id);
    }

    private static Entitlement cloud(int client) {
        return owed(client, TRUSTEE, Map.of("cloud-provider", Trusteeship.PER_CLUSTER));
    }

    private static Entitlement owed(int client, @Nullable Trustee trustee, Map<String, Trusteeship> grants) {
        return new Entitlement(Phase.PRESENT, new Claim<>(client, "key"), new Claim<>(7, backend(trustee, grants)));
    }

    private static Backend backend(@Nullable Trustee trustee, Map<String, Trusteeship> grants) {
        return new Backend(
                "project",
                "backend-key",
                trustee,
                grants.entrySet().stream()
                        .collect(java.util.stream.Collectors.toMap(
                                Map.Entry::getKey,
                                grant -> new Grant("trust-" + grant.getKey(), grant.getValue(), Set.of("member")))));
    }
}
