package lanyard.tokenissuer;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import lanyard.common.architecture.HouseRules;
import lanyard.tokenissuer.door.PureDoor;

@AnalyzeClasses(packages = "lanyard.tokenissuer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final List<Class<?>> CORE = List.of(
            Claim.class,
            Clusters.Name.class,
            Credential.class,
            Delegated.class,
            Entitlement.class,
            Preparation.class,
            Served.class);

    @ArchTest
    static final ArchRule THE_HOUSE_RULES_HOLD = HouseRules.all();

    @ArchTest
    static final ArchRule THE_CORE_IS_PURE = HouseRules.pureInMemory(
            Stream.concat(CORE.stream(), PureDoor.CLASSES.stream()).toArray(Class<?>[]::new));
}
