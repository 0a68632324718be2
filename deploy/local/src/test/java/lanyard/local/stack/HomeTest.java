package lanyard.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir
    Path directory;

    @Test
    void keeps_variables_for_its_owner_only() throws Exception {
        var home = new Home(directory.resolve("home"));

        home.writeEnv(Map.of("LANYARD_KAFKA", "127.0.0.1:1"));

        assertThat(home.env()).containsExactly(Map.entry("LANYARD_KAFKA", "127.0.0.1:1"));
        assertThat(permissions(home.envFile())).isEqualTo("rw-------");
        assertThat(permissions(home.directory())).isEqualTo("rwx------");
        assertThat(home.directory()).isDirectoryContaining(file -> file.endsWith("env"));
    }

    @Test
    void says_how_to_start_a_stack_where_there_is_none() {
        assertThatThrownBy(() -> new Home(directory).env())
                .isInstanceOfSatisfying(
                        Trouble.class, trouble -> assertThat(trouble.oneLine()).contains("./lanyard up"));
    }

    @Test
    void neither_claims_nor_deletes_a_directory_with_something_else_in_it() throws Exception {
        var precious = Files.writeString(directory.resolve("precious"), "x");
        var home = new Home(directory);

        assertThatThrownBy(home::claim).isInstanceOf(Trouble.class);
        assertThatThrownBy(home::delete).isInstanceOf(Trouble.class);
        assertThat(precious).exists();
    }

    @Test
    void does_not_follow_a_link_when_it_deletes(@TempDir Path elsewhere) throws Exception {
        var precious = Files.writeString(elsewhere.resolve("precious"), "x");
        var home = new Home(directory.resolve("home"));
        Ledger.open(home).save();
        Files.createSymbolicLink(home.file("link"), elsewhere);

        home.delete();

        assertThat(home.directory()).doesNotExist();
        assertThat(precious).exists();
    }

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
