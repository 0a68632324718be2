package lanyard.tokenissuer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import org.junit.jupiter.api.Test;

class ClientCredentialsTest {
    private static final String CLUSTER = "0d2c7f3e-8a44-4c1f-9f58-1d8f4a6b7c90";
    private static final String ID = ClientCredentials.id(CLUSTER, "cloud-provider", 1);

    private final KeyRing keys = KeyRing.of(Map.of("old", key(1), "new", key(2)), "new");
    private final ClientCredentials clientCredentials =
            new ClientCredentials(keys, new DoorUrl("https://door.example/v3"));
    private final Credential credential =
            new Credential(ID, CLUSTER, "cloud-provider", 1, "project", "old", "trustee", "domain", "trust");

    @Test
    void theIdIsTheSameForEverButForEachPurposeAndGenerationAnother() {
        // Clients hold this id: another derivation would lock all of them out.
        assertThat(ID).isEqualTo("9a4f8508f8b9bcdbdb9ea51dc9e47f05");
        assertThat(ClientCredentials.id(CLUSTER, "registry", 1)).isNotEqualTo(ID);
        assertThat(ClientCredentials.id(CLUSTER, "cloud-provider", 2)).isNotEqualTo(ID);
    }

    @Test
    void onlyTheDerivedSecretOfTheCredentialsOwnKeyIsGenuine() {
        assertThat(clientCredentials.isGenuine(credential, keys.derive("old", Purpose.CLIENT, ID, 1)))
                .isTrue();
        assertThat(clientCredentials.isGenuine(credential, keys.derive("new", Purpose.CLIENT, ID, 1)))
                .isFalse();
        assertThat(clientCredentials.isGenuine(credential, keys.derive("old", Purpose.CLIENT, ID, 2)))
                .isFalse();
        assertThat(clientCredentials.isGenuine(credential, keys.derive("old", Purpose.TRUSTEE, CLUSTER, 1)))
                .isFalse();
        assertThat(clientCredentials.isGenuine(credential, Secret.of(""))).isFalse();
    }

    @Test
    void nobodysSecretIsNeverGenuine() {
        assertThat(clientCredentials.isGenuine(null, keys.derive("new", Purpose.CLIENT, "0".repeat(32), 1)))
                .isFalse();
    }

    @Test
    void whatIsSealedLetsEveryKindOfClientLogIn() throws Exception {
        var content = new ObjectMapper()
                .readTree(clientCredentials.content(credential).reveal());
        var secret = keys.derive("old", Purpose.CLIENT, ID, 1).reveal();
        assertThat(content)
                .isEqualTo(new ObjectMapper()
                        .readTree(
                                """
                                {"cluster":"%1$s","project":"project","purpose":"cloud-provider","generation":1,
                                 "auth_url":"https://door.example/v3","application_credential_id":"%2$s",
                                 "application_credential_secret":"%3$s","user_id":"%2$s","username":"%1$s",
                                 "user_domain_id":"domain","trust_id":"%2$s"}
                                """
                                        .formatted(CLUSTER, ID, secret)));
    }

    private static byte[] key(int seed) {
        var key = new byte[32];
        java.util.Arrays.fill(key, (byte) seed);
        return key;
    }
}
