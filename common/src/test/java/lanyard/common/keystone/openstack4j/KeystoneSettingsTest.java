package lanyard.common.keystone.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import lanyard.common.secrets.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the settings are when nobody sets them, and what a wrong one is met with. */
class KeystoneSettingsTest {
    private static final Map<String, String> ALL = Map.of(
            "url", "https://keystone.example/identity/v3/", "username", "u", "password", "s3cret", "project", "p");

    @Test
    void onlyTheUrlIsNeededByAServiceThatDoesNotAdminister() {
        var config = Settings.of(Map.of("url", "https://keystone.example/v3"));

        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.maxCallsInFlight()).isEqualTo(8);
        assertThat(config.maxResponseSize().asLongValue()).isEqualTo(1024 * 1024);
        assertThat(config.password()).isEmpty();
        assertThat(config.userDomain()).isEqualTo("Default");
        assertThat(config.projectDomain()).isEqualTo("Default");
        new KeystoneConnection(config).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"username", "password", "project"})
    void aMissingSettingOfTheAdministratorIsNamed(String missing) {
        var properties = new HashMap<>(ALL);
        properties.remove(missing);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Adapter.of(Settings.of(properties)))
                .withMessageStartingWith("LANYARD_KEYSTONE_" + missing.toUpperCase(Locale.ROOT) + " is not set");
    }

    @Test
    void thePasswordIsNeverAString() {
        var config = Settings.of(ALL);

        assertThat(config.password()).contains(Secret.of("s3cret"));
        assertThat(config.password().toString()).doesNotContain("s3cret");
    }

    @Test
    void aSlashAtTheEndOfTheUrlDoesNoHarm() {
        assertThat(KeystoneSettings.url(Settings.of(ALL))).isEqualTo("https://keystone.example/identity/v3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://keystone.example:5000",
                "http://keystone.example:5000/v2.0",
                "ftp://keystone.example/v3",
                "/v3",
                "http:///v3",
                "https://admin:s3cret@keystone.example/v3",
                "https://keystone.example/v3?x=/v3"
            })
    void aUrlThatIsNotKeystonesIsNamedWithoutRepeatingIt(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeystoneSettings.url(Settings.of(Map.of("url", url))))
                .withMessageStartingWith("LANYARD_KEYSTONE_URL must be")
                .withMessageNotContaining("s3cret");
    }

    @Test
    void noCallsInFlightAreTooFew() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KeystoneConnection(
                        Settings.of(Map.of("url", "http://keystone.example/v3", "max-calls-in-flight", "0"))))
                .withMessageStartingWith("LANYARD_KEYSTONE_MAX_CALLS_IN_FLIGHT");
    }

    @Test
    void aFileWithoutCertificatesIsNamed(@TempDir Path directory) throws IOException {
        var empty = Files.createFile(directory.resolve("empty.pem"));
        var garbage = Files.writeString(directory.resolve("garbage.pem"), "-----BEGIN CERTIFICATE-----\nno");

        for (var file : new Path[] {empty, garbage, directory.resolve("missing.pem")}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> KeystoneSettings.trusting(file))
                    .withMessageStartingWith("LANYARD_KEYSTONE_CA_CERTIFICATE")
                    .withMessageContaining(file.toString());
        }
    }
}
