package lanyard.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class UpOptionsTest {
    private static UpOptions parse(String... arguments) {
        return CommandLine.populateCommand(new UpOptions(), arguments);
    }

    @Test
    void takes_parts_from_options_and_else_from_variables() {
        var settings = parse("--kafka", "broker:9092")
                .settings(Map.of("LANYARD_KAFKA", "other:1", "LANYARD_POSTGRES", "postgresql://me:p%40ss@db/x"));

        assertThat(settings.kafka()).isEqualTo("broker:9092");
        assertThat(settings.postgres()).isEqualTo(new PostgresUrl("db", 5432, "me", "p@ss", "x", ""));
        assertThat(settings.keystone()).isNull();
    }

    @Test
    void does_not_take_the_variables_of_a_stack_for_parts_elsewhere() {
        var settings = parse().settings(Map.of("LANYARD_HOME", "/x", "LANYARD_KAFKA", "127.0.0.1:1"));

        assertThat(settings).isEqualTo(Settings.EMBEDDED);
    }

    @Test
    void completes_the_url_of_keystone() {
        var settings = parse("--keystone-url=https://cloud:5000/", "--keystone-admin-password=x")
                .settings(Map.of());

        assertThat(settings.keystone())
                .isEqualTo(new KeystoneAdmin("https://cloud:5000/v3", "admin", "x", "admin", "Default", "Default"));
    }

    @Test
    void asks_for_the_password_of_a_keystone() {
        assertThatThrownBy(() -> parse("--keystone-url=https://cloud:5000").settings(Map.of()))
                .isInstanceOfSatisfying(
                        Trouble.class, trouble -> assertThat(trouble.oneLine()).contains("--keystone-admin-password"));
    }

    @Test
    void remembers_the_parts_and_refuses_to_change_them(@TempDir Path directory) {
        var home = new Home(directory.resolve("home"));
        var first =
                parse("--postgres=postgresql://u:p@db:5433/x?sslmode=require").settings(Map.of());
        first.in(home).remember(home);

        assertThat(Settings.EMBEDDED.in(home)).isEqualTo(first);
        assertThatThrownBy(() -> parse("--postgres=postgresql://u:p@other/x")
                        .settings(Map.of())
                        .in(home))
                .isInstanceOf(Trouble.class);
        assertThatThrownBy(() -> parse("--kafka=broker:9092").settings(Map.of()).in(home))
                .isInstanceOf(Trouble.class);
    }
}
