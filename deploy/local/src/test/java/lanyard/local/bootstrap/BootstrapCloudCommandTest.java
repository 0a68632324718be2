package lanyard.local.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command as an operator runs it, on a real Keystone that has the policy. */
class BootstrapCloudCommandTest {
    @TempDir
    Path directory;

    @Test
    void a_cloud_is_prepared_checked_and_told_what_to_set_without_a_password() {
        try (var stack = new StacksKeystone(directory)) {
            assertThat(run(stack, "--dry-run")).contains("6 to be made.", "\"lanyard_profile_role\": ");
            assertThat(directory).isEmptyDirectory();

            var told = run(stack, "--check");

            assertThat(told)
                    .contains(
                            "6 made or set.",
                            "The policy is in force",
                            "LANYARD_KEYSTONE_USERNAME=" + stack.cloud.user(ServiceUser.REVOKER),
                            "LANYARD_KEYSTONE_PROJECT_DOMAIN=" + stack.cloud.domain())
                    .doesNotContain(
                            stack.passwords.read(ServiceUser.PROVISIONER).orElseThrow(),
                            stack.passwords.read(ServiceUser.REVOKER).orElseThrow());
            assertThat(directory.resolve("policy.yaml"))
                    .hasContent(new Policy(Release.of("zed"), StacksKeystone.ROLES.reversed()).text());
            assertThat(run(stack)).contains("All was there.");
        }
    }

    private String run(StacksKeystone stack, String... more) {
        var standard = System.out;
        var printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            var arguments = Stream.concat(
                    Stream.of(
                            "--release=zed",
                            "--domain=" + stack.cloud.domain(),
                            "--roles=" + String.join(",", StacksKeystone.ROLES),
                            "--out=" + directory,
                            "--kafka="),
                    Stream.of(more));
            assertThat(new CommandLine(new BootstrapCloudCommand()).execute(arguments.toArray(String[]::new)))
                    .isZero();
        } finally {
            System.setOut(standard);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
