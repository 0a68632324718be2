package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/security.md says that a test shows, a test of that name shows. */
class SecurityModelTest {
    private static final Path CHECKOUT = ServiceProcess.THIS_VERSION;
    private static final Pattern NAMED = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");

    @Test
    void every_test_that_the_security_model_names_is_there() throws IOException {
        var named = NAMED.matcher(Files.readString(CHECKOUT.resolve("docs/security.md")))
                .results()
                .toList();
        assertThat(named).hasSizeGreaterThan(20);
        var sources = sources();
        for (var test : named) {
            var source = sources.stream()
                    .filter(file -> file.endsWith(test.group(1) + ".java"))
                    .findFirst();
            assertThat(source).as(test.group()).isPresent();
            if (test.group(2) != null) {
                assertThat(Files.readString(source.get())).as(test.group()).contains("void " + test.group(2) + "(");
            }
        }
    }

    private static List<Path> sources() throws IOException {
        try (var files = Files.walk(CHECKOUT)) {
            return files.filter(file -> file.toString().endsWith("Test.java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .toList();
        }
    }
}
