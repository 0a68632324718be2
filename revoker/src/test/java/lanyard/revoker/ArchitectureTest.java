package lanyard.revoker;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import lanyard.common.architecture.HouseRules;

@AnalyzeClasses(packages = "lanyard.revoker", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule THE_HOUSE_RULES_HOLD = HouseRules.all();

    @ArchTest
    static final ArchRule THE_CORE_IS_PURE = HouseRules.pure(Revocation.class, Sweep.class, Comparison.class);
}
