package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import org.junit.jupiter.api.Test;

class ClientCredentialsTest {
    private static final String CLUSTER = "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90";
    private static final Credential CLOUD = Credential.of(CLUSTER, "cloud-provider", 1, "old");
    private static final Credential ROTATED = Credential.of(CLUSTER, "cloud-provider", 2, "new");
    private static final Credential REGISTRY = Credential.of(CLUSTER, "registry", 1, "old");
    private static final Credential LOST = Credential.of(CLUSTER, "registry", 1, "lost");

    private final KeyRing keys = KeyRing.of(Map.of("old", key(1), "new", key(2)), "new");
    private final ClientCredentials clientCredentials =
            new ClientCredentials(keys, new DoorUrl("https://door.example/v3"), Settings.with(Map.of()));

    @Test
    void onlyTheDerivedSecretOfTheCredentialsOwnKeyIsGenuine() {
        assertThat(genuine(keys.derive("old", Purpose.CLIENT, CLOUD.id(), 1), CLOUD))
                .isTrue();
        assertThat(genuine(keys.derive("new", Purpose.CLIENT, CLOUD.id(), 1), CLOUD))
                .isFalse();
        assertThat(genuine(keys.derive("old", Purpose.CLIENT, CLOUD.id(), 2), CLOUD))
                .isFalse();
        assertThat(genuine(keys.derive("old", Purpose.TRUSTEE, CLUSTER, 1), CLOUD))
                .isFalse();
        assertThat(genuine(Secret.of(""), CLOUD)).isFalse();
    }

    @Test
    void amongSeveralTheOneWhoseSecretItIsIsFound() {
        var all = List.of(CLOUD, ROTATED, REGISTRY);
        for (var one : all) {
            var secret = keys.derive(one.key(), Purpose.CLIENT, one.id(), one.generation());
            assertThat(clientCredentials.genuine(all, secret)).isEqualTo(one);
        }
    }

    @Test
    void nobodysSecretIsNeverGenuine() {
        assertThat(clientCredentials.genuine(List.of(), keys.derive("new", Purpose.CLIENT, "0".repeat(32), 1)))
                .isNull();
    }

    @Test
    void aKeyThatIsLostIsTold() {
        assertThat(clientCredentials.canDerive(List.of(CLOUD, ROTATED))).isTrue();
        assertThat(clientCredentials.canDerive(List.of(CLOUD, LOST))).isFalse();
    }

    @Test
    void aCredentialWhoseKeyIsLostDoesNotHinderTheOthers() {
        var secret = keys.derive("old", Purpose.CLIENT, CLOUD.id(), 1);
        assertThat(clientCredentials.genuine(List.of(LOST, CLOUD), secret)).isEqualTo(CLOUD);
        assertThat(clientCredentials.genuine(List.of(LOST), secret)).isNull();
    }

    @Test
    void whatIsSealedLetsEveryKindOfClientLogIn() throws Exception {
        var served = new Served(CLUSTER, false, false, "project", "domain", Map.of(CLOUD.id(), CLOUD), Map.of());
        var content = new ObjectMapper()
                .readTree(clientCredentials.content(served, CLOUD).reveal());
        assertThat(content)
                .isEqualTo(new ObjectMapper()
                        .readTree(
                                """
                                {"cluster":"%1$s","project":"project","purpose":"cloud-provider","generation":1,
                                 "auth_url":"https://door.example/v3","application_credential_id":"%2$s",
                                 "application_credential_name":"cloud-provider",
                                 "application_credential_secret":"%3$s","user_id":"%2$s","username":"%1$s",
                                 "user_domain_id":"lanyard","trust_id":"%2$s"}
                                """
                                        .formatted(
                                                CLUSTER,
                                                CLOUD.id(),
                                                keys.derive("old", Purpose.CLIENT, CLOUD.id(), 1)
                                                        .reveal())));
    }

    private boolean genuine(Secret secret, Credential credential) {
        return credential.equals(clientCredentials.genuine(List.of(credential), secret));
    }

    private static byte[] key(int seed) {
        var key = new byte[32];
        Arrays.fill(key, (byte) seed);
        return key;
    }
}
