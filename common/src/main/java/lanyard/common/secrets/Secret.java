package lanyard.common.secrets;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A value that must never be seen: it cannot print itself, is not {@code Serializable}, has no field or getter that a mapper
 * would find, and compares in constant time.
 *
 * <p>The bytes are reached only through {@link #reveal()}, so that every place where a secret leaves its type can be found by
 * that one name.
 */
public final class Secret {
    private final byte[] bytes;

    private Secret(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A secret made of the UTF-8 bytes of {@code text}. */
    public static Secret of(String text) {
        return new Secret(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A secret made of a copy of {@code bytes}. */
    public static Secret of(byte[] bytes) {
        return new Secret(bytes.clone());
    }

    /** The secret as UTF-8 text, for the one place that must send or seal it. */
    public String reveal() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A copy of the bytes, for key material. */
    byte[] revealBytes() {
        return bytes.clone();
    }

    /** Equality in a time that depends on the lengths alone. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "[secret]";
    }
}
