package lanyard.common.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionTest {
    @TempDir
    Path directory;

    @Test
    void aFileSaysWhatItSaysToKafkasOwnTools() throws IOException {
        var file = Files.writeString(
                directory.resolve("client.properties"),
                """
                # of the tools
                security.protocol=SASL_SSL
                sasl.jaas.config=ScramLoginModule required \\
                  username="revoker" password="a$b$$c${d}";
                """);

        assertThat(Connection.read(file))
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry(
                        "sasl.jaas.config", "ScramLoginModule required username=\"revoker\" password=\"a$b$$c${d}\";")
                .hasSize(2);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Connection.read(directory.resolve("none.properties")))
                .hasMessageContaining("lanyard.kafka-config")
                .hasMessageContaining("none.properties")
                .hasMessageContaining("NoSuchFileException");
    }

    @Test
    void whatCannotBeReadIsNotRepeated() throws IOException {
        var file = Files.writeString(directory.resolve("client.properties"), "sasl.jaas.config=secret\\u00zz");

        assertThatThrownBy(() -> Connection.read(file))
                .hasMessageContaining("client.properties")
                .hasNoCause()
                .message()
                .doesNotContain("secret");
    }
}
