package lanyard.revoker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import lanyard.common.testing.RealParts;
import org.junit.jupiter.api.Test;

/** A deletion whose success is never told, with a deadline that a test can wait for. */
@QuarkusTest
@QuarkusTestResource(value = RealParts.class, initArgs = @ResourceArg(name = RealParts.SERVICE, value = "revoker"))
@TestProfile(DeleteDeadlineTest.ShortDeadline.class)
class DeleteDeadlineTest extends Fixture {
    public static final class ShortDeadline implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("lanyard.delete-deadline", "2s");
        }
    }

    @Test
    void aDeletionCountsAsDoneWhenItsDeadlineHasPassed() {
        var given = delegation(1);
        tellProvisioned(given);

        tell("delete", "pending", cluster);

        assertThat(revoked(cluster, 1).get("trusts").asInt()).isEqualTo(1);
        assertThat(trusteeIsThere()).isFalse();
        assertThat(column("phase", cluster)).isEqualTo("ABSENT");
        assertThat(column("deadline < now()", cluster)).isEqualTo("t");
    }
}
