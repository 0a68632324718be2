package lanyard.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicSearchTest {
    private static final String SECRET = "s3cr3t_of-32~characters?at>least";

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void findsASecretInBase64WhereverItStands(int before) {
        for (int after = 0; after < 4; after++) {
            var text = ("x".repeat(before) + SECRET + "y".repeat(after)).getBytes(StandardCharsets.UTF_8);
            assertThat(isFoundIn(Base64.getEncoder().encodeToString(text))).isTrue();
            assertThat(isFoundIn(Base64.getUrlEncoder().withoutPadding().encodeToString(text)))
                    .isTrue();
            assertThat(isFoundIn(HexFormat.of().formatHex(text))).isTrue();
            assertThat(isFoundIn(HexFormat.of().withUpperCase().formatHex(text)))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"the secret's half: s3cr3t_of-32", "czNjcjN0X29mLTMy"})
    void findsNothingElse(String text) {
        assertThat(isFoundIn(text)).isFalse();
    }

    private static boolean isFoundIn(String text) {
        return TopicSearch.forms(SECRET).values().stream().anyMatch(text::contains);
    }
}
