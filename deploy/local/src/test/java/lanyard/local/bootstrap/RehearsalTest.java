package lanyard.local.bootstrap;

import static lanyard.local.bootstrap.ServiceUser.PROVISIONER;
import static lanyard.local.bootstrap.ServiceUser.REVOKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real Keystone with Lanyard's policy: what the services' users may and may not, and that it is told if that is not so. */
class RehearsalTest {
    @TempDir
    static Path directory;

    private static StacksKeystone stack;

    @BeforeAll
    static void set_up() {
        stack = new StacksKeystone(directory);
        stack.setup().run(false, false);
    }

    @AfterAll
    static void leave_nothing_behind() {
        stack.close();
    }

    @Test
    void with_the_policy_in_force_each_service_may_do_what_it_must_and_nothing_else() {
        stack.rehearsal().run();

        assertThat(stack.calls).hasSizeGreaterThan(50).noneMatch(call -> call.result()
                .contains("wrong"));
        var left = stack.admin.get("/users?domain_id=" + stack.id("domains", stack.cloud.domain()));
        assertThat(left.body().path("users")).isEmpty();
    }

    @Test
    void neither_service_can_remove_what_is_others() {
        var project = stack.make(
                        "projects", "project", Map.of("name", "p-" + UUID.randomUUID(), "domain_id", "default"))
                .body()
                .at("/project/id")
                .asText();
        var user = stack.make("users", "user", Map.of("name", "u-" + UUID.randomUUID(), "domain_id", "default"))
                .body()
                .at("/user/id")
                .asText();
        var reader = stack.id("roles", "reader");
        stack.admin.put("/projects/%s/users/%s/roles/%s".formatted(project, user, reader));
        try {
            for (var service : ServiceUser.values()) {
                var caller = stack.as(service);
                assertThat(caller.delete("/users/" + user).status()).isEqualTo(403);
                assertThat(caller.delete("/projects/" + project).status()).isEqualTo(403);
                assertThat(caller.delete("/projects/%s/users/%s/roles/%s".formatted(project, user, reader))
                                .status())
                        .isEqualTo(403);
                assertThat(caller.delete("/roles/" + reader).status()).isEqualTo(403);
                assertThat(caller.delete("/domains/" + stack.id("domains", stack.cloud.domain()))
                                .status())
                        .isEqualTo(403);
                assertThat(caller.call(
                                        "PATCH",
                                        "/users/" + user,
                                        StacksKeystone.json(Map.of("user", Map.of("password", "taken over 1"))))
                                .status())
                        .isEqualTo(403);
            }
        } finally {
            stack.admin.delete("/users/" + user);
            stack.admin.delete("/projects/" + project);
        }
    }

    @Test
    void two_lanyards_on_one_cloud_are_strangers_to_each_other() {
        try (var other = new StacksKeystone(directory.resolve("other"))) {
            other.setup().run(false, false);
            var user = other.make(
                            "users",
                            "user",
                            Map.of("name", "trustee", "domain_id", other.id("domains", other.cloud.domain())))
                    .body()
                    .at("/user/id")
                    .asText();

            assertThat(stack.as(REVOKER).delete("/users/" + user).status()).isEqualTo(403);
            assertThat(other.as(REVOKER).delete("/users/" + user).status()).isEqualTo(204);
        }
    }

    @Test
    void where_the_policy_is_not_in_force_that_is_said() throws Exception {
        // As if the policy did not know their roles.
        try (var other = new StacksKeystone(directory.resolve("without-policy"))) {
            other.setup().run(false, false);
            for (var service : ServiceUser.values()) {
                var grants = "/projects/%s/users/%s/roles/".formatted(other.project(), other.id(service));
                other.admin.delete(grants + other.id("roles", service.role()));
                other.admin.put(grants + other.id("roles", "load-balancer_member"));
            }

            assertThatThrownBy(() -> other.rehearsal().run())
                    .isInstanceOfSatisfying(Trouble.class, trouble -> assertThat(trouble.oneLine())
                            .contains("provisioner can't make a user of Lanyard's")
                            .contains("put the rules of policy.yaml into Keystone's policy file"));
        }
    }

    @Test
    void a_service_that_may_more_than_it_should_is_found_out_without_harm() throws Exception {
        try (var other = new StacksKeystone(directory.resolve("too-much"))) {
            other.setup().run(false, false);
            other.admin.put("/projects/%s/users/%s/roles/%s"
                    .formatted(other.project(), other.id(PROVISIONER), other.id("roles", "admin")));

            assertThatThrownBy(() -> other.rehearsal().run())
                    .isInstanceOfSatisfying(Trouble.class, trouble -> assertThat(trouble.oneLine())
                            .contains("provisioner can give the role admin")
                            .doesNotContain("revoker can "));
            other.as(REVOKER);
            other.calls.clear();
            other.setup().run(false, true);
            assertThat(other.calls)
                    .filteredOn(call -> call.result().contains("beside what it needs"))
                    .extracting(Call::what)
                    .containsExactly("user " + other.cloud.user(PROVISIONER));
        }
    }
}
