package lanyard.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortsTest {
    @TempDir
    Path directory;

    private final Set<Integer> taken = new HashSet<>();

    private Ports ports(Map<String, Integer> wanted) {
        var home = new Home(directory.resolve("home"));
        return new Ports(home, Ledger.open(home), wanted, port -> !taken.contains(port));
    }

    @Test
    void gives_a_part_the_same_port_again() {
        int first = ports(Map.of()).choose("kafka");
        ports(Map.of()).choose("postgres");

        assertThat(ports(Map.of()).choose("kafka")).isEqualTo(first);
    }

    @Test
    void gives_another_port_when_the_last_one_is_taken_meanwhile() {
        int first = ports(Map.of()).choose("kafka");
        taken.add(first);

        int second = ports(Map.of()).choose("kafka");

        assertThat(second).isNotEqualTo(first);
        assertThat(ports(Map.of()).choose("kafka")).isEqualTo(second);
    }

    @Test
    void never_gives_two_parts_the_same_port() {
        var ports = ports(Map.of("door", 20_000));

        assertThat(Set.of(ports.choose("a"), ports.choose("b"), ports.choose("c"), ports.choose("door")))
                .hasSize(4)
                .contains(20_000);
    }

    @Test
    void refuses_a_given_port_that_is_taken() {
        taken.add(5000);

        assertThatThrownBy(() -> ports(Map.of("door", 5000)).choose("door"))
                .isInstanceOfSatisfying(
                        Trouble.class, trouble -> assertThat(trouble.oneLine()).contains("--door-port"));
    }
}
