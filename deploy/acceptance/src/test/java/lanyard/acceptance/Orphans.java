package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import lanyard.common.testing.TestKeystone;
import lanyard.common.testing.TestKeystone.Tenant;

/** What somebody made by hand in Lanyard's domain: named like Lanyard's own, for clusters that never were. */
final class Orphans {
    private static final String PASSWORD = "by hand 1";

    private final TestKeystone keystone;
    private final String domain;
    private final List<String> users = new ArrayList<>();

    Orphans(TestKeystone keystone, Lanyard lanyard) {
        this.keystone = keystone;
        this.domain = keystone.domainId(lanyard.domain());
    }

    /** A trustee of this cluster; its id. */
    String trustee(String cluster) {
        return user(cluster);
    }

    /** A custodian of the project, and a trust from it to this trustee; its id. */
    String custodianOf(Tenant tenant, String trustee) {
        var custodian = user("custodian-" + tenant.project());
        keystone.grant(custodian, tenant.project(), "member");
        var made = keystone.as(
                keystone.projectToken(custodian, PASSWORD, tenant.project()),
                "POST",
                "/OS-TRUST/trusts",
                """
                {"trust":{"trustor_user_id":"%s","trustee_user_id":"%s","project_id":"%s","impersonation":false,
                 "roles":[{"id":"%s"}],"lanyard_domain":"%s"}}
                """
                        .formatted(custodian, trustee, tenant.project(), keystone.roleId("member"), domain));
        assertThat(made.status()).isEqualTo(201);
        return custodian;
    }

    private String user(String name) {
        var made = keystone.admin(
                "POST",
                "/users",
                "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\",\"password\":\"%s\"}}"
                        .formatted(name, domain, PASSWORD));
        assertThat(made.status()).isEqualTo(201);
        var id = made.body().at("/user/id").asText();
        users.add(id);
        return id;
    }

    /** So many trustees, of as many clusters. */
    void trustees(int count) {
        for (int i = 0; i < count; i++) {
            trustee(UUID.randomUUID().toString());
        }
    }

    /** How many of the users are still there. */
    long left() {
        return users.stream()
                .filter(user -> keystone.admin("GET", "/users/" + user, null).status() == 200)
                .count();
    }

    void remove() {
        users.forEach(user -> keystone.admin("DELETE", "/users/" + user, null));
    }
}
