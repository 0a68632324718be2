package lanyard.common.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SecretTest {
    private static final String VALUE = "hunter2-hünter2";
    private static final Secret SECRET = Secret.of(VALUE);

    /** As a record of ours that carries one. */
    private record Login(String user, Secret password) {}

    private static Stream<String> printed() {
        var login = new Login("cluster", SECRET);
        var log = new LogRecord(java.util.logging.Level.INFO, "login {0}");
        log.setParameters(new Object[] {login});
        return Stream.of(
                SECRET.toString(),
                String.valueOf(SECRET),
                "" + SECRET,
                "%s %S %10s".formatted(SECRET, SECRET, SECRET),
                List.of(SECRET).toString(),
                Map.of("password", SECRET).toString(),
                Optional.of(SECRET).toString(),
                Arrays.toString(new Secret[] {SECRET}),
                login.toString(),
                new SimpleFormatter().format(log),
                new IllegalStateException("could not log in with " + login).toString());
    }

    @ParameterizedTest
    @MethodSource
    void printed(String text) {
        assertThat(text).containsIgnoringCase("[secret]");
        assertHidden(text);
    }

    @Test
    void noMapperFindsIt() throws Exception {
        var lenient = new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

        assertHidden(lenient.writeValueAsString(SECRET));
        assertHidden(lenient.writeValueAsString(new Login("cluster", SECRET)));
        assertHidden(lenient.valueToTree(Map.of("password", SECRET)).toString());
        assertThatThrownBy(() -> new ObjectMapper().writeValueAsString(new Login("cluster", SECRET)))
                .hasMessageContaining("Secret")
                .satisfies(e -> assertHidden(e.toString()));
    }

    @Test
    void itIsNotSerializable() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            assertThatThrownBy(() -> out.writeObject(SECRET)).isInstanceOf(NotSerializableException.class);
        }
        assertHidden(bytes.toString(StandardCharsets.ISO_8859_1));
    }

    @Test
    void onlyTheOneNameRevealsIt() {
        var answering = Arrays.stream(Secret.class.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && method.getParameterCount() == 0)
                .filter(method -> method.getDeclaringClass() == Secret.class)
                .map(Method::getName);

        assertThat(answering).containsExactlyInAnyOrder("reveal", "hashCode", "toString");
        assertThat(Secret.class.getFields()).isEmpty();
        assertThat(SECRET.reveal()).isEqualTo(VALUE);
    }

    @Test
    void equalMeansTheSameBytes() {
        assertThat(SECRET).isEqualTo(Secret.of(VALUE)).hasSameHashCodeAs(Secret.of(VALUE));
        assertThat(SECRET).isEqualTo(Secret.of(VALUE.getBytes(StandardCharsets.UTF_8)));
        assertThat(SECRET)
                .isNotEqualTo(Secret.of(VALUE + " "))
                .isNotEqualTo(Secret.of(VALUE.substring(1)))
                .isNotEqualTo(Secret.of("Hunter2-hünter2"))
                .isNotEqualTo(Secret.of("hunter2-hünter3"))
                .isNotEqualTo(Secret.of(""));
        assertThat(SECRET.equals((Object) VALUE)).isFalse();
        assertThat(SECRET.equals(null)).isFalse();
    }

    @Test
    void nobodyElseHoldsItsBytes() {
        var mine = VALUE.getBytes(StandardCharsets.UTF_8);
        var secret = Secret.of(mine);
        Arrays.fill(mine, (byte) 0);
        Arrays.fill(secret.revealBytes(), (byte) 0);

        assertThat(secret.reveal()).isEqualTo(VALUE);
    }

    private static void assertHidden(String text) {
        var raw = VALUE.getBytes(StandardCharsets.UTF_8);
        assertThat(text)
                .doesNotContainIgnoringCase("hunter2", "hünter2", Arrays.toString(raw))
                .doesNotContain(Base64.getEncoder().encodeToString(raw));
    }
}
