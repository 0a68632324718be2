package lanyard.local.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EscapedTest {
    @Test
    void textIsLeftAsItReads() {
        assertThat(escaped("{\"name\": \"Käse 🧀 \\n\"}")).isEqualTo("{\"name\": \"Käse 🧀 \\n\"}");
        assertThat(escaped("")).isEmpty();
    }

    @Test
    void whatSteersATerminalOrIsNotSeenIsEscaped() {
        assertThat(escaped("\u001b[2J\r\n\t\u0000\u007f\u009b"))
                .isEqualTo("\\u{1b}[2J\\u{d}\\u{a}\\u{9}\\u{0}\\u{7f}\\u{9b}");
        // Right-to-left override, zero-width space, line separator, private use.
        assertThat(escaped("\u202e\u200b\u2028\ue000")).isEqualTo("\\u{202e}\\u{200b}\\u{2028}\\u{e000}");
    }

    @Test
    void bytesThatAreNoTextAreEscapedOneByOne() {
        assertThat(Escaped.of(new byte[] {'a', (byte) 0xff, 'b', (byte) 0xc3, 'c', (byte) 0xe2, (byte) 0x82}))
                .isEqualTo("a\\xffb\\xc3c\\xe2\\x82");
    }

    private static String escaped(String text) {
        return Escaped.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
