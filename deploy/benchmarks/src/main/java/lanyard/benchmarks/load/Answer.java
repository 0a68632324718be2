package lanyard.benchmarks.load;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What matters of the head of an answer.
 *
 * @param length of the body in bytes; -1 if it is not told
 * @param token whether it has an {@code X-Subject-Token}
 * @param retryAfter seconds; -1 if it is not told
 * @param last whether the server closes the connection after it
 */
record Answer(int status, long length, boolean token, int retryAfter, boolean last) {
    /** Reads the head, which is what stands before the empty line. */
    static Answer of(byte[] bytes, int end) {
        // "HTTP/1.1 201 Created": the version has always 8 characters.
        int status = end < 12 || bytes[0] != 'H' ? 0 : digits(bytes, 9, 12);
        long length = status == 204 ? 0 : -1;
        boolean token = false;
        int retryAfter = -1;
        boolean last = false;
        int start = lineEnd(bytes, 0, end) + 2;
        while (start < end) {
            int stop = lineEnd(bytes, start, end);
            // Only three headers and their lengths matter; the others are passed over without looking closer.
            switch (bytes[start] | 0x20) {
                case 'c' -> {
                    if (is("content-length:", bytes, start)) {
                        length = number(bytes, start + 15, stop);
                    } else if (is("connection:", bytes, start)) {
                        last = text(bytes, start + 11, stop).equals("close");
                    }
                }
                case 'x' -> token |= is("x-subject-token:", bytes, start) && stop > start + 17;
                case 'r' -> {
                    if (is("retry-after:", bytes, start)) {
                        retryAfter = number(bytes, start + 12, stop);
                    }
                }
                default -> {
                    // Nothing that matters here.
                }
            }
            start = stop + 2;
        }
        return new Answer(status, length, token, retryAfter, last);
    }

    private static int lineEnd(byte[] bytes, int from, int end) {
        for (int i = from; i < end; i++) {
            if (bytes[i] == '\r') {
                return i;
            }
        }
        return end;
    }

    private static boolean is(String name, byte[] bytes, int start) {
        for (int i = 0; i < name.length(); i++) {
            if (start + i >= bytes.length) {
                return false;
            }
            byte seen = bytes[start + i];
            if (name.charAt(i) != (seen >= 'A' && seen <= 'Z' ? seen + 32 : seen)) {
                return false;
            }
        }
        return true;
    }

    private static int number(byte[] bytes, int from, int to) {
        int start = from;
        while (start < to && bytes[start] == ' ') {
            start++;
        }
        return digits(bytes, start, to);
    }

    /** -1 if it is no number that such a header could have. */
    private static int digits(byte[] bytes, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9 || number > 99_999_999) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return from < to ? number : -1;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.US_ASCII)
                .strip()
                .toLowerCase(Locale.ROOT);
    }
}
