package lanyard.local.deadletters;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Bytes that nobody vouches for as one line of text, such that printing it does nothing but print it. */
final class Escaped {
    private Escaped() {}

    /** UTF-8 as it reads, with an escape for each byte that is none, and for each character that is not seen or that steers a terminal. */
    static String of(byte[] bytes) {
        var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        var in = ByteBuffer.wrap(bytes);
        var decoded = CharBuffer.allocate(bytes.length);
        var text = new StringBuilder();
        while (true) {
            var end = decoder.decode(in, decoded, true);
            text.append(of(decoded.flip().toString()));
            decoded.clear();
            if (!end.isError()) {
                return text.toString();
            }
            for (int i = 0; i < end.length(); i++) {
                text.append("\\x%02x".formatted(in.get()));
            }
            decoder.reset();
        }
    }

    static String of(String text) {
        var escaped = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (Character.getType(point)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.PRIVATE_USE,
                        Character.UNASSIGNED,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> escaped.append("\\u{%x}".formatted(point));
                default -> escaped.appendCodePoint(point);
            }
        });
        return escaped.toString();
    }
}
