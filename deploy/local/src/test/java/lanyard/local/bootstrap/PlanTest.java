package lanyard.local.bootstrap;

import static lanyard.local.bootstrap.ServiceUser.PROVISIONER;
import static lanyard.local.bootstrap.ServiceUser.REVOKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final Cloud CLOUD = new Cloud("lanyard", "Default", List.of("member"));
    private static final Map<String, String> ALL = Map.of(
            "domain lanyard", "d",
            "domain Default", "default",
            "project lanyard", "p",
            "role lanyard_provisioner", "rp",
            "role lanyard_revoker", "rr",
            "user lanyard-provisioner", "up",
            "user lanyard-revoker", "ur");

    @Test
    void an_empty_cloud_gets_everything_in_an_order_in_which_it_can_be_made() {
        var plan = Plan.of(CLOUD, new Found(Map.of("domain Default", "default"), Set.of(), Set.of()), false);

        assertThat(plan.steps())
                .extracting(Step::path)
                .containsExactly(
                        "/domains",
                        "/projects",
                        "/roles",
                        "/roles",
                        "/users",
                        "/users",
                        "/projects/{project lanyard}/users/{user lanyard-provisioner}/roles/{role lanyard_provisioner}",
                        "/projects/{project lanyard}/users/{user lanyard-revoker}/roles/{role lanyard_revoker}");
    }

    @Test
    void a_cloud_that_has_all_gets_nothing() {
        assertThat(Plan.of(CLOUD, new Found(ALL, Set.of(PROVISIONER, REVOKER), Set.of(PROVISIONER, REVOKER)), false)
                        .steps())
                .isEmpty();
    }

    @Test
    void a_user_whose_password_is_not_the_one_in_the_file_gets_that() {
        assertThat(Plan.of(CLOUD, new Found(ALL, Set.of(PROVISIONER, REVOKER), Set.of(PROVISIONER)), false)
                        .steps())
                .singleElement()
                .satisfies(step -> {
                    assertThat(step.path()).isEqualTo("/users/{user lanyard-revoker}");
                    assertThat(step.fields()).containsEntry("password", "{password of the revoker}");
                });
    }

    @Test
    void roles_that_no_cluster_should_have_are_refused() {
        assertThatThrownBy(() -> new Cloud("lanyard", "Default", List.of("member", "admin")))
                .isInstanceOf(Trouble.class);
        assertThatThrownBy(() -> new Cloud("lanyard", "Default", List.of("it's")))
                .isInstanceOf(Trouble.class);
        assertThatThrownBy(() -> new Cloud("lanyard", "lanyard", List.of("member")))
                .isInstanceOf(Trouble.class);
    }

    @Test
    void the_roles_are_those_of_all_profiles() {
        assertThat(BootstrapCloudCommand.rolesOfProfiles(Map.of())).containsExactly("member", "load-balancer_member");
        assertThat(BootstrapCloudCommand.rolesOfProfiles(Map.of("LANYARD_PROFILES_REGISTRY_ROLES", "swiftoperator")))
                .containsExactlyInAnyOrder("member", "load-balancer_member", "swiftoperator");
        assertThat(BootstrapCloudCommand.rolesOfProfiles(Map.of("LANYARD_PROFILES_CLOUD_PROVIDER_ROLES", "member")))
                .containsExactly("member");
    }
}
