package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import lanyard.common.testing.TestBus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A service that can't do its work with the settings that it has ends when it is started, and does not refuse what it hears. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WrongSettingsTest {
    private Lanyard lanyard;

    @BeforeAll
    void prepare() {
        lanyard = new Lanyard();
        var id = UUID.randomUUID().toString();
        var nobody = id.replace("-", "");
        try (var bus = new TestBus()) {
            bus.send(lanyard.notifications(), TestBus.notification("create", "pending", id, nobody, nobody));
        }
    }

    @AfterAll
    void stop() {
        lanyard.close();
    }

    @ParameterizedTest(name = "{0}: {1}={2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    provisioner  | lanyard.key-ring.current                 | nowhere   | the key ring has no key 'nowhere'
                    provisioner  | lanyard.key-ring.directory               | /nowhere  | can't read the key ring's directory /nowhere
                    provisioner  | lanyard.profiles.cloud-provider.trustee  | nobody    | lanyard.profiles.cloud-provider.trustee
                    provisioner  | lanyard.keystone.url                     | nonsense  | LANYARD_KEYSTONE_URL must be
                    provisioner  | lanyard.reconcile.lease                  | 1s        | lanyard.reconcile.lease is PT1S
                    token-issuer | lanyard.key-ring.current                 | nowhere   | the key ring has no key 'nowhere'
                    token-issuer | lanyard.recipients                       | /nowhere  | can't read the recipients' keys from /nowhere
                    token-issuer | lanyard.door.url                         | nonsense  | LANYARD_DOOR_URL must be
                    revoker      | lanyard.sweep.grace                      | 0s        | lanyard.sweep.grace is PT0S
                    revoker      | lanyard.sweep.share                      | 2         | lanyard.sweep.share is 2.0
                    revoker      | lanyard.conductor.share                  | 2         | lanyard.conductor.share is 2.0
                    revoker      | lanyard.conductor.refute-after           | 0s        | lanyard.conductor.refute-after is PT0S
                    """)
    void a_service_ends_at_its_start_and_says_which_setting_is_wrong(
            String module, String setting, String value, String says) throws Exception {
        var one = lanyard.services()
                .filter(service -> service.name().equals(module))
                .findFirst()
                .orElseThrow();

        try (var service = new ServiceProcess(ServiceProcess.THIS_VERSION, module, Map.copyOf(one.settings()))
                .set(setting, value)
                .launch()) {
            await(service + " ends, see " + service.log())
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> !service.isAlive());

            assertThat(Files.readString(service.log())).contains(says).doesNotContain("refused a message");
        }
    }
}
