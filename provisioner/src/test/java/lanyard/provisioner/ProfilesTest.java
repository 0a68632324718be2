package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import lanyard.common.events.Trusteeship;
import org.junit.jupiter.api.Test;

/** What an operator may write into a profile, and how a mistake is said. */
class ProfilesTest {
    @Test
    void trusteesAreWrittenAsInTheEventsAndAreTheClustersOwnByDefault() {
        var profiles = profiles(Map.of(
                "lanyard.profiles.cloud-provider.roles", "member,load-balancer_member",
                "lanyard.profiles.volumes.roles", "member",
                "lanyard.profiles.volumes.trustee", "issuer",
                "lanyard.profiles.registry.roles", "member",
                "lanyard.profiles.registry.trustee", "per-cluster"));

        start(profiles);

        assertThat(profiles.profiles().get("cloud-provider").trustee()).isEqualTo(Trusteeship.PER_CLUSTER);
        assertThat(profiles.profiles().get("volumes").trustee()).isEqualTo(Trusteeship.ISSUER);
        assertThat(profiles.profiles().get("registry").trustee()).isEqualTo(Trusteeship.PER_CLUSTER);
    }

    @Test
    void anotherTrusteeIsRefused() {
        assertThatThrownBy(() -> start(profiles(Map.of(
                        "lanyard.profiles.volumes.roles", "member", "lanyard.profiles.volumes.trustee", "unknown"))))
                .hasMessage("lanyard.profiles.volumes.trustee is neither 'per-cluster' nor 'issuer'");
        assertThatThrownBy(() -> start(profiles(Map.of(
                        "lanyard.profiles.volumes.roles", "member", "lanyard.profiles.volumes.trustee", "nobody"))))
                .hasMessageContaining("nobody");
    }

    @Test
    void aPurposeMustHaveANameAndARole() {
        assertThatThrownBy(() -> start(profiles(Map.of("lanyard.profiles.Volumes.roles", "member"))))
                .hasMessageContaining("profile 'Volumes' needs a name of lower-case letters");
    }

    private static void start(Profiles profiles) {
        new ProjectTrust(null, null, null, profiles);
    }

    private static Profiles profiles(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .withMapping(Profiles.class)
                .build()
                .getConfigMapping(Profiles.class);
    }
}
