package lanyard.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvFileTest {
    private static final String[] AWKWARD = {
        "",
        "plain",
        "two words",
        "it's",
        "''",
        "$HOME",
        "`id`",
        "$(id)",
        "back\\slash",
        "\"quoted\"",
        "ünïcode",
        "a=b",
        "# no",
        "!x;&|<>*?"
    };

    @Test
    void reads_back_what_it_wrote() {
        var variables = new LinkedHashMap<String, String>();
        for (int i = 0; i < AWKWARD.length; i++) {
            variables.put("V" + i, AWKWARD[i]);
        }

        assertThat(EnvFile.parse(EnvFile.format(variables))).isEqualTo(variables);
    }

    @Test
    void a_shell_reads_the_same_values(@TempDir Path directory) throws Exception {
        var variables = new LinkedHashMap<String, String>();
        for (int i = 0; i < AWKWARD.length; i++) {
            variables.put("V" + i, AWKWARD[i]);
        }
        var file = Files.writeString(directory.resolve("env"), EnvFile.format(variables));

        var script = new StringBuilder(". \"$0\"\n");
        variables.keySet().forEach(name -> script.append("printf '%s\\n' \"$")
                .append(name)
                .append("\"\n"));
        var shell = new ProcessBuilder("sh", "-c", script.toString(), file.toString()).start();
        var output = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(output.split("\n", -1)).startsWith(AWKWARD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"line\nbreak", "nul\0"})
    void refuses_a_value_that_would_break_the_line(String value) {
        var variables = java.util.Map.of("V", value);

        assertThatThrownBy(() -> EnvFile.format(variables)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rm -rf x", "export A=1", "export A='1'; id", "A='1'"})
    void refuses_a_line_that_it_did_not_write(String line) {
        assertThatThrownBy(() -> EnvFile.parse(line)).isInstanceOf(Trouble.class);
    }
}
