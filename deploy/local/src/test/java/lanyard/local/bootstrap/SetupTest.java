package lanyard.local.bootstrap;

import static lanyard.local.bootstrap.ServiceUser.PROVISIONER;
import static lanyard.local.bootstrap.ServiceUser.REVOKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real Keystone: what is made, what a second run makes of that, and what comes of it. */
class SetupTest {
    @TempDir
    Path directory;

    private StacksKeystone stack;

    @BeforeEach
    void on_a_place_of_its_own() {
        stack = new StacksKeystone(directory.resolve("out"));
    }

    @AfterEach
    void leave_nothing_behind() {
        stack.close();
    }

    @Test
    void a_dry_run_says_what_would_be_made_and_makes_nothing() {
        assertThat(stack.setup().run(false, true)).isEqualTo(6);

        assertThat(stack.calls)
                .filteredOn(call -> call.result().startsWith("would"))
                .extracting(Call::what)
                .containsExactly(
                        "domain " + stack.cloud.domain(),
                        "project lanyard",
                        "user " + stack.cloud.user(PROVISIONER),
                        "user " + stack.cloud.user(REVOKER),
                        "role lanyard_provisioner for user %s on project lanyard"
                                .formatted(stack.cloud.user(PROVISIONER)),
                        "role lanyard_revoker for user %s on project lanyard".formatted(stack.cloud.user(REVOKER)));
        assertThat(stack.calls).filteredOn(call -> !call.method().equals("GET")).allMatch(call -> call.result()
                .startsWith("would"));
        assertThat(stack.id("domains", stack.cloud.domain())).isEmpty();
        assertThat(stack.id(PROVISIONER)).isEmpty();
        assertThat(directory.resolve("out")).doesNotExist();
    }

    @Test
    void a_second_run_makes_nothing_and_a_third_new_passwords_if_it_is_told_to() throws Exception {
        assertThat(stack.setup().run(false, false)).isEqualTo(6);
        var first = stack.passwords.read(REVOKER).orElseThrow();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(stack.passwords.file(REVOKER))))
                .isEqualTo("rw-------");
        assertThat(stack.calls.toString()).doesNotContain(first);

        assertThat(stack.setup().run(false, false)).isZero();
        assertThat(stack.passwords.read(REVOKER)).hasValue(first);

        assertThat(stack.setup().run(true, false)).isEqualTo(2);
        assertThat(stack.passwords.read(REVOKER).orElseThrow()).isNotEqualTo(first);
        stack.as(REVOKER);
        assertThat(stack.keystone.loginByPassword(stack.id(REVOKER), first).status())
                .isEqualTo(401);
    }

    @Test
    void what_an_earlier_run_has_left_undone_is_done() throws Exception {
        // Cut short after the first user; the password of the other one was kept, and never reached Keystone.
        var domain = stack.make("domains", "domain", Map.of("name", stack.cloud.domain()))
                .body()
                .at("/domain/id")
                .asText();
        stack.make(
                "users", "user", Map.of("name", stack.cloud.user(REVOKER), "domain_id", "default", "password", "x1"));
        Files.createDirectories(directory.resolve("out"));
        Files.writeString(stack.passwords.file(REVOKER), "kept-before-Keystone-was-told-1\n");

        stack.setup().run(false, false);

        assertThat(stack.id("domains", stack.cloud.domain())).isEqualTo(domain);
        assertThat(stack.passwords.read(REVOKER)).hasValue("kept-before-Keystone-was-told-1");
        stack.as(REVOKER);
        stack.as(PROVISIONER);
        assertThat(stack.setup().run(false, false)).isZero();
    }

    @Test
    void a_role_that_a_service_has_beside_what_it_needs_is_told() {
        stack.setup().run(false, false);
        stack.admin.put("/projects/%s/users/%s/roles/%s"
                .formatted(stack.project(), stack.id(REVOKER), stack.id("roles", "reader")));

        stack.setup().run(false, false);

        assertThat(stack.calls).anyMatch(call -> call.result().startsWith("has the role reader beside what it needs"));
    }

    @Test
    void whoever_is_no_administrator_is_told_to_log_in_as_one() {
        stack.setup().run(false, false);
        var revoker = stack.as(REVOKER);
        var other = new Cloud("cloud-" + UUID.randomUUID(), "Default", List.of("member"));

        assertThatThrownBy(
                        () -> new Setup(other, stack.keystone, revoker, stack.passwords, call -> {}).run(false, false))
                .isInstanceOfSatisfying(Trouble.class, trouble -> assertThat(trouble.oneLine())
                        .contains("403")
                        .contains("log in as an administrator of the cloud"));
    }
}
