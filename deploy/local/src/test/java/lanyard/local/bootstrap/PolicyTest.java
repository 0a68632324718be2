package lanyard.local.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;

class PolicyTest {
    private static final Pattern RULE = Pattern.compile("\"([^\"]+)\": \"([^\"]*)\"");

    @Test
    void each_rule_of_keystones_stays_as_it_is_with_lanyards_beside_it() {
        for (var release : Release.values()) {
            var rules = rules(new Policy(release, List.of("member")).text());

            assertThat(release.defaults()).hasSize(13);
            release.defaults().forEach((name, rule) -> {
                assertThat(rules)
                        .containsEntry("identity:" + name, "(%s) or rule:lanyard_may_%s".formatted(rule, name));
                assertThat(rules.get("lanyard_may_" + name)).contains("role:lanyard_");
            });
        }
    }

    @Test
    void only_the_profiles_roles_can_be_handed_on() {
        assertThat(rules(new Policy(Release.of("2025.1"), List.of("member", "swiftoperator")).text()))
                .containsEntry(
                        "lanyard_profile_role",
                        "('member':%(target.role.name)s or 'swiftoperator':%(target.role.name)s)"
                                + " and None:%(target.role.domain_id)s");
    }

    /**
     * The deprecated default that Keystone honours beside the new one is not among what it prints. And in the later of these releases a
     * reader of a domain is shown that domain in the list; before, there is nothing for this to be compared with. Nor is there for what
     * is mended in the policy of a Keystone, and here, but not in each package.
     */
    @Test
    void what_debians_keystone_has_by_default_is_what_is_kept() throws IOException, InterruptedException {
        var generator = new ProcessBuilder("oslopolicy-policy-generator", "--namespace", "keystone")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var printed = rules(new String(generator.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertThat(generator.waitFor()).isZero();

        Release.of("zed").defaults().forEach((name, rule) -> assertThat(rule)
                .isIn(
                        printed.get("identity:" + name),
                        "rule:admin_required or " + printed.get("identity:" + name),
                        printed.get("identity:" + name) + " or (role:reader and domain_id:%(target.domain.id)s)",
                        printed.get("identity:" + name)
                                .replaceFirst(
                                        "%\\(target.domain_id\\)s\\)$",
                                        "%(target.domain_id)s and not None:%(target.domain_id)s)")));
    }

    @Test
    void a_release_that_nobody_knows_is_refused() {
        assertThatThrownBy(() -> Release.of("1999.1")).isInstanceOf(Trouble.class);
    }

    private static Map<String, String> rules(String text) {
        var rules = new LinkedHashMap<String, String>();
        text.lines().forEach(line -> {
            var rule = RULE.matcher(line);
            if (rule.matches()) {
                assertThat(rules.put(rule.group(1), rule.group(2))).isNull();
            }
        });
        return rules;
    }
}
