package lanyard.provisioner;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.HashMap;
import java.util.Map;
import lanyard.common.events.ClusterListed;
import lanyard.common.events.RotationRequested;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.Test;

/** The provisioner where the revoker asks the conductor's API whether a cluster is gone. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "provisioner"))
@TestProfile(ConductorIsAskedTest.Asked.class)
class ConductorIsAskedTest extends Fixture {
    public static final class Asked implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            var settings = new HashMap<>(new Impatient().getConfigOverrides());
            // Only that it is there counts: the provisioner does not ask.
            settings.put("lanyard.conductor.url", "http://127.0.0.1:9/v1");
            return settings;
        }
    }

    @Test
    void aDeleteOnTheBusDoesNothingAndTheRevokersWordDoesAll() {
        var tenant = tenant("member");
        tell("create", "pending", cluster, tenant);
        provisioned(cluster);
        var custodian = custodian(tenant);

        tell("delete", "pending", cluster, tenant);
        tell("delete", "success", cluster, tenant);
        everythingSentIsHeard(tenant);

        assertThat(column("phase", cluster)).isEqualTo("PRESENT");
        tell(new RotationRequested(cluster, 2, 1));
        assertThat(provisioned(cluster, 2).at("/client/generation").asInt()).isEqualTo(2);

        tellRevoked(cluster);

        eventually().until(() -> "ABSENT".equals(column("phase", cluster)));
        eventually()
                .until(() -> keystone.admin("GET", "/users/" + custodian, null).status() == 404);
    }

    @Test
    void aCreateThatIsHeardAfterTheClusterWasRevokedMakesNothing() {
        var tenant = tenant("member");
        tellRevoked(cluster);
        credentialsAreHeard();

        tell("create", "pending", cluster, tenant);
        everythingSentIsHeard(tenant);

        assertThat(column("phase", cluster)).isEqualTo("ABSENT");
        assertThat(ofType(cluster, "credential.provisioned")).isEmpty();
    }

    @Test
    void aClusterThatOnlyTheConductorsListHasGetsItsCredential() {
        var tenant = tenant("member");

        tell(new ClusterListed(cluster, tenant.project(), tenant.owner()));

        assertThat(provisioned(cluster).at("/data/project").asText()).isEqualTo(tenant.project());
    }

    @Test
    void oneOfWhichTheOwnersNameWasLostGetsItToo() {
        var tenant = tenant("member");
        tell("create", "success", cluster, tenant);
        eventually().until(() -> failures(cluster).contains("owner-unknown"));

        tell(new ClusterListed(cluster, tenant.project(), tenant.owner()));

        provisioned(cluster);
    }
}
