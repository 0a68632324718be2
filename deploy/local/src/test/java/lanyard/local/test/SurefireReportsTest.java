package lanyard.local.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurefireReportsTest {
    @TempDir
    Path checkout;

    private void report(String module, String name, String cases) throws Exception {
        var directory = Files.createDirectories(checkout.resolve(module).resolve("target/surefire-reports"));
        Files.writeString(
                directory.resolve(name),
                "<?xml version=\"1.0\"?><testsuite name=\"s\" tests=\"9\"><properties/>" + cases + "</testsuite>");
    }

    @Test
    void sums_the_tests_of_all_modules() throws Exception {
        report(
                "a",
                "TEST-a.xml",
                """
                <testcase name="one" classname="A"/>
                <testcase name="two" classname="A"><skipped message="no swift here"/></testcase>
                """);
        report(
                "deploy/b",
                "TEST-b.xml",
                """
                <testcase name="three" classname="B"><failure message="expected 1&#10;but was 2" type="E">trace</failure></testcase>
                <testcase name="" classname="C"><error type="java.io.IOException">trace</error></testcase>
                <testcase name="four" classname="B"><flakyFailure message="once"/><system-out>x</system-out></testcase>
                """);
        report("a", "other.xml", "<testcase name='no report' classname='X'/>");

        var reports = SurefireReports.read(checkout);

        assertThat(reports.summary()).isEqualTo("2 passed, 2 failed, 1 skipped");
        assertThat(reports.with(SurefireReports.Outcome.SKIPPED))
                .containsExactly(
                        new SurefireReports.Result("A › two", SurefireReports.Outcome.SKIPPED, "no swift here"));
        assertThat(reports.with(SurefireReports.Outcome.FAILED))
                .extracting(SurefireReports.Result::test, SurefireReports.Result::reason)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("B › three", "expected 1"),
                        org.assertj.core.groups.Tuple.tuple("C", "java.io.IOException"));
    }

    @Test
    void forgets_old_results() throws Exception {
        report("a", "TEST-a.xml", "<testcase name='one' classname='A'/>");

        SurefireReports.forget(checkout);

        assertThat(SurefireReports.read(checkout).summary()).isEqualTo("0 passed, 0 failed, 0 skipped");
    }
}
