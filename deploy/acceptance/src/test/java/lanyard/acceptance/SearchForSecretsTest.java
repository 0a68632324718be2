package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The search that finds no secret in a dump is worth what it would find. */
class SearchForSecretsTest {
    private static final String SECRET = "Zm9v-_bar0123456789abcdefghijklmnopqrstuvwx";

    static Stream<UnaryOperator<String>> encodings() {
        return Stream.of(
                text -> text,
                text -> HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)),
                text -> HexFormat.of().withUpperCase().formatHex(text.getBytes(StandardCharsets.UTF_8)),
                text -> Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)),
                text -> Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8)),
                text -> Base64.getMimeEncoder(1000, new byte[] {'\n'})
                        .encodeToString(text.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void a_secret_is_found_in_every_encoding_wherever_it_stands_in_what_is_encoded(UnaryOperator<String> encoding) {
        for (var before : new String[] {"", "a", "ab", "abc", "{\"password\":\""}) {
            for (var after : new String[] {"", "x", "xy", "\"}"}) {
                assertThat(Secrets.holds(encoding.apply(before + SECRET + after), SECRET))
                        .isTrue();
                assertThat(Secrets.holds(
                                encoding.apply(before + SECRET.toUpperCase(java.util.Locale.ROOT) + after), SECRET))
                        .isFalse();
            }
        }
    }
}
