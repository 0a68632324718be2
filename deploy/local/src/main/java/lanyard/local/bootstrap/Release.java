package lanyard.local.bootstrap;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanyard.local.terminal.Trouble;

/**
 * What Keystone's own policy says, by default, in the rules that Lanyard adds to. A policy file replaces a rule as a whole, so the default
 * has to be said again, and it is not the same in all releases; no call tells which one a Keystone is of.
 *
 * <p>Where a release still honours a deprecated default beside the new one, both are in the rule here: a file drops the deprecated one.
 */
public enum Release {
    /** As Debian 12 has it (Keystone 22), and up to Keystone 25. */
    BEFORE_DOMAIN_MANAGERS(List.of("zed", "2023.1", "2023.2", "2024.1")) {
        @Override
        Map<String, String> defaults() {
            var rules = common();
            rules.put(
                    "get_project",
                    "rule:admin_required or (role:reader and system_scope:all)"
                            + " or (role:reader and domain_id:%(target.project.domain_id)s) or project_id:%(target.project.id)s");
            rules.put("list_roles", "rule:admin_required or (role:reader and system_scope:all)");
            rules.put("create_user", "rule:admin_required");
            rules.put("update_user", "rule:admin_required");
            rules.put("delete_user", "rule:admin_required");
            rules.put("create_grant", "(rule:admin_required) or " + grantsInDomain("admin"));
            return rules;
        }
    },
    /** Since Keystone 26, whose role {@code manager} administers a domain. */
    WITH_DOMAIN_MANAGERS(List.of("2024.2", "2025.1", "2025.2", "2026.1")) {
        @Override
        Map<String, String> defaults() {
            var manager = "(rule:admin_required) or (role:manager and token.domain.id:%(target.user.domain_id)s)";
            var rules = common();
            rules.put(
                    "get_project",
                    "(rule:admin_required) or (role:reader and system_scope:all)"
                            + " or (role:reader and domain_id:%(target.project.domain_id)s"
                            + " and not None:%(target.project.domain_id)s) or project_id:%(target.project.id)s");
            rules.put(
                    "list_roles",
                    "(rule:admin_required or (role:reader and system_scope:all))"
                            + " or (role:manager and not domain_id:None)");
            rules.put("create_user", manager);
            rules.put("update_user", manager);
            rules.put("delete_user", manager);
            rules.put(
                    "create_grant",
                    "(rule:admin_required) or " + grantsInDomain("admin") + " or " + grantsWithin("manager")
                            + " and rule:domain_managed_target_role");
            return rules;
        }
    };

    private final List<String> names;

    Release(List<String> names) {
        this.names = names;
    }

    /** The rules that Lanyard adds to, by their names without {@code identity:}, as this release has them. */
    abstract Map<String, String> defaults();

    /** Which releases these are, for a person. */
    @Override
    public String toString() {
        return String.join(", ", names);
    }

    public static Release of(String name) {
        return Arrays.stream(values())
                .filter(release -> release.names.contains(name))
                .findFirst()
                .orElseThrow(() -> new Trouble(
                        "the release '" + name + "' of Keystone is not known",
                        "name one of " + BEFORE_DOMAIN_MANAGERS + ", " + WITH_DOMAIN_MANAGERS));
    }

    private static Map<String, String> common() {
        var inDomain = "(rule:admin_required) or (role:reader and system_scope:all)"
                + " or (role:reader and domain_id:%(target.domain_id)s";
        var reader = "(rule:admin_required) or (role:reader and system_scope:all or ";
        var rules = new LinkedHashMap<String, String>();
        rules.put(
                "list_domains",
                "rule:admin_required or (role:reader and system_scope:all)"
                        + " or (role:reader and domain_id:%(target.domain.id)s)");
        rules.put("list_users", inDomain + ")");
        // As it is since CVE-2026-80183 was mended, by which whoever reads any project could list who has which role
        // elsewhere. A Keystone from before that understands it too.
        rules.put("list_role_assignments", inDomain + " and not None:%(target.domain_id)s)");
        rules.put("list_trusts_for_trustor", reader + "user_id:%(target.trust.trustor_user_id)s)");
        rules.put("list_trusts_for_trustee", reader + "user_id:%(target.trust.trustee_user_id)s)");
        rules.put(
                "get_trust",
                reader + "user_id:%(target.trust.trustor_user_id)s or user_id:%(target.trust.trustee_user_id)s)");
        rules.put("delete_trust", "rule:admin_required or user_id:%(target.trust.trustor_user_id)s");
        return rules;
    }

    private static String grantsInDomain(String role) {
        return grantsWithin(role) + " and (domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)";
    }

    private static String grantsWithin(String role) {
        return List.of("user", "group").stream()
                .flatMap(actor -> List.of("project.domain_id", "domain.id").stream()
                        .map(target -> "(role:%s and domain_id:%%(target.%s.domain_id)s and domain_id:%%(target.%s)s)"
                                .formatted(role, actor, target)))
                .reduce((one, other) -> one + " or " + other)
                .map(all -> "(" + all + ")")
                .orElseThrow();
    }
}
