package lanyard.local.bootstrap;

import static lanyard.local.bootstrap.ServiceUser.PROVISIONER;
import static lanyard.local.bootstrap.ServiceUser.REVOKER;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Collectors;

/**
 * The rules of Keystone's policy that let the services do their work: beside each default, which stays as it is, one of Lanyard's own.
 *
 * <p>A service may act on what is in the domain of the project that its token is for, and on trusts that are marked with that domain. So
 * the same text serves every cloud, whatever ids its Keystone gives, and several Lanyards of one cloud can't touch each other's.
 */
public record Policy(Release release, List<String> profileRoles) {
    private static final String OWN_USER = "rule:lanyard_own_user";
    private static final String OWN_TRUST = "rule:lanyard_own_trust";

    /** What Lanyard's own rules say, by the name of the rule that each is put beside, without {@code identity:}. */
    private static final Map<String, String> RIGHTS = rights();

    private static Map<String, String> rights() {
        var either = "(" + role(PROVISIONER) + " or " + role(REVOKER) + ")";
        var rights = new LinkedHashMap<String, String>();
        rights.put("list_domains", either);
        rights.put("get_project", role(PROVISIONER));
        rights.put("list_users", either + " and rule:lanyard_own_list");
        rights.put("create_user", role(PROVISIONER) + " and " + OWN_USER);
        rights.put("update_user", role(PROVISIONER) + " and " + OWN_USER);
        rights.put("delete_user", either + " and " + OWN_USER);
        rights.put("list_roles", role(PROVISIONER));
        rights.put("list_role_assignments", role(PROVISIONER));
        rights.put(
                "create_grant",
                role(PROVISIONER) + " and " + OWN_USER + " and rule:lanyard_profile_role and rule:lanyard_on_project");
        rights.put("list_trusts_for_trustor", either);
        rights.put("list_trusts_for_trustee", either);
        rights.put("get_trust", role(PROVISIONER) + " and " + OWN_TRUST);
        rights.put("delete_trust", either + " and " + OWN_TRUST);
        return rights;
    }

    private static String role(ServiceUser service) {
        return "role:" + service.role();
    }

    /** What goes into Keystone's policy file. */
    public String text() {
        return """
                # Lanyard's services at Keystone: written by ./lanyard bootstrap-cloud for %1$s.
                # Goes into Keystone's policy file ([oslo_policy] policy_file, by default policy.yaml). Where that has one of the
                # rules of the second half already, keep yours and put " or rule:lanyard_may_..." behind it instead.

                # What is Lanyard's: what is in the domain of the project that the service's token is for.
                %2$s
                # What the services may. A rule says who, and on what.
                %3$s
                # Keystone's own rules, as they are by default, each with Lanyard's beside it.
                %4$s"""
                .formatted(
                        release,
                        lines(terms()),
                        lines(RIGHTS.entrySet().stream()
                                .collect(inOrder(right -> "lanyard_may_" + right.getKey(), Map.Entry::getValue))),
                        lines(RIGHTS.keySet().stream()
                                .collect(inOrder(rule -> "identity:" + rule, rule -> "(%s) or rule:lanyard_may_%s"
                                        .formatted(release.defaults().get(rule), rule)))));
    }

    private Map<String, String> terms() {
        var terms = new LinkedHashMap<String, String>();
        terms.put("lanyard_own_user", ownIf("target.user.domain_id"));
        // The list's filter, which the releases from 2025.1 on, and those with the same repair, call by another name.
        terms.put("lanyard_own_list", ownIf("filter_attr.domain_id") + " or " + ownIf("domain_id"));
        terms.put("lanyard_own_trust", ownIf("target.trust.lanyard_domain"));
        // A domain's own role may have the name of another one.
        terms.put(
                "lanyard_profile_role",
                "(%s) and None:%%(target.role.domain_id)s"
                        .formatted(profileRoles.stream()
                                .map("'%s':%%(target.role.name)s"::formatted)
                                .collect(Collectors.joining(" or "))));
        // Keystone asks the same rule for grants on domains, of which there is no such thing to compare.
        terms.put("lanyard_on_project", "False:%(target.project.is_domain)s");
        return terms;
    }

    private static String ownIf(String domain) {
        return "token.project.domain.id:%(" + domain + ")s";
    }

    private static <T> Collector<T, ?, Map<String, String>> inOrder(
            Function<T, String> name, Function<T, String> rule) {
        return Collectors.toMap(name, rule, (one, other) -> one, LinkedHashMap::new);
    }

    private static String lines(Map<String, String> rules) {
        return rules.entrySet().stream()
                .map(rule -> "\"%s\": \"%s\"\n".formatted(rule.getKey(), rule.getValue()))
                .collect(Collectors.joining());
    }
}
