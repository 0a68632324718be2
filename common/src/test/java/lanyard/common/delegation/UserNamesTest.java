package lanyard.common.delegation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user's name says of whose it is. Whoever removes users goes by it, so what is not clear is nobody's. */
class UserNamesTest {
    private static final String CLUSTER = "913b9b74-c3ab-420c-90b4-1b22c1911a93";
    private static final String PROJECT = "ba5717e041c54c59af754c97ebfddafb";

    @Test
    void aCustodianIsItsProjectsAndATrusteeItsClusters() {
        assertThat(UserNames.projectOfCustodian(UserNames.custodian(PROJECT))).isEqualTo(PROJECT);
        assertThat(UserNames.clusterOfTrustee(CLUSTER)).isEqualTo(CLUSTER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                UserNames.ISSUER,
                "",
                "admin",
                "custodian",
                "custodian-",
                "custodian-of all",
                "Custodian-ba5717e041c54c59af754c97ebfddafb",
                "913B9B74-C3AB-420C-90B4-1B22C1911A93",
                "913b9b74c3ab420c90b41b22c1911a93",
                "913b9b74-c3ab-420c-90b4-1b22c1911a93 ",
                "x913b9b74-c3ab-420c-90b4-1b22c1911a93"
            })
    void aNameOfAnotherFormIsNobodys(String name) {
        assertThat(UserNames.projectOfCustodian(name)).isNull();
        assertThat(UserNames.clusterOfTrustee(name)).isNull();
    }
}
