package lanyard.common.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTlsTest {
    private static final String URL = "postgresql://db:5432/lanyard";

    @TempDir
    Path directory;

    @Test
    void withoutAnAuthorityNothingIsSaidOfTls() {
        assertThat(names(config(URL, Map.of()))).noneMatch(name -> name.startsWith("quarkus."));
        assertThat(names(config(URL, authority("")))).noneMatch(name -> name.startsWith("quarkus."));
    }

    @Test
    void whatElseIsSetDoesNotUndoTheTls() throws Exception {
        var settings = new HashMap<>(authority(someAuthority().toString()));
        settings.put("quarkus.datasource.reactive.postgresql.ssl-mode", "disable");
        settings.put("quarkus.datasource.reactive.trust-all", "true");
        settings.put("quarkus.datasource.jdbc.additional-jdbc-properties.sslmode", "prefer");

        var config = config(URL + "?sslmode=verify-full", settings);

        assertThat(config.getRawValue("quarkus.datasource.reactive.postgresql.ssl-mode"))
                .isEqualTo("verify-full");
        assertThat(config.getRawValue("quarkus.datasource.reactive.trust-all")).isEqualTo("false");
        assertThat(config.getRawValue("quarkus.datasource.jdbc.additional-jdbc-properties.sslmode"))
                .isEqualTo("verify-full");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"?sslmode=require", "?a=b&sslmode=disable", "?sslmode=verify-ca&a=b", "?sslmode=verify-full-not"
            })
    void aUrlThatSaysLessIsRefused(String query) throws Exception {
        var settings = authority(someAuthority().toString());

        assertThatThrownBy(() -> config(URL + query, settings))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("LANYARD_DATABASE_URL");
    }

    @Test
    void aFileInWhichThereIsNoCertificateIsNamed() throws IOException {
        var empty = Files.createFile(directory.resolve("empty.crt"));
        var text = Files.writeString(directory.resolve("text.crt"), "no certificate");
        var missing = directory.resolve("missing.crt");

        for (var file : Set.of(empty, text, missing, directory)) {
            assertThatThrownBy(() -> config(URL, authority(file.toString())))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("LANYARD_DATABASE_CA_CERTIFICATE")
                    .hasMessageContaining(file.toString());
        }
    }

    private static Map<String, String> authority(String file) {
        return Map.of("lanyard.database.ca-certificate", file);
    }

    private Path someAuthority() throws Exception {
        var store = directory.resolve("authority.p12").toString();
        var file = directory.resolve("authority.crt");
        keytool("-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=a", "-ext", "bc:c", "-keystore", store);
        keytool("-exportcert", "-alias", "a", "-rfc", "-file", file.toString(), "-keystore", store);
        return file;
    }

    private static void keytool(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", "changeit"));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private static Set<String> names(SmallRyeConfig config) {
        return StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .collect(Collectors.toSet());
    }

    private static SmallRyeConfig config(String url, Map<String, String> settings) {
        var all = new HashMap<>(settings);
        all.put("lanyard.database.url", url);
        return new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(all, "the operator's", 400))
                .withSources(new DatabaseTls())
                .build();
    }
}
