package lanyard.common.events.wire;

import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The shapes of the texts that are used, because they end in names, URLs and rows. Whatever has another shape is refused, not
 * repaired.
 */
public enum Shape {
    /** A cluster's UUID in its canonical form (RFC 9562). */
    CLUSTER("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "a UUID in lower case"),

    /**
     * An id that Keystone gave. Its own are 32 hexadecimal digits, those of mapped LDAP users and groups 64; its API takes letters,
     * digits and dashes up to 64 ({@code id_string} in {@code keystone/common/validation/parameter_types.py}), so an id that was
     * set by hand, such as {@code default} or a dashed UUID, is one too.
     */
    KEYSTONE_ID("[0-9A-Za-z_-]{1,64}", "an id of 1 to 64 letters, digits, '-' and '_'"),

    /**
     * A user's id. With a single LDAP backend and {@code [identity_mapping] backward_compatible_ids}, on by default, Keystone hands
     * out the directory's own attribute as the id, so dots and '@' occur.
     */
    USER_ID("[0-9A-Za-z_][0-9A-Za-z_.@-]{0,63}", "an id of 1 to 64 letters, digits and '_.@-'"),

    /** A word of ours: a purpose, a kind of delegation. */
    SLUG("[a-z0-9-]{1,32}", "a word of 1 to 32 of a-z, 0-9 and '-'"),

    /** The id of a master key, which is a file's name. */
    KEY_ID("[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "the id of a key"),

    /** An id of ours for one event, one request or one client credential. */
    TOKEN("[0-9A-Za-z._-]{1,64}", "an id of 1 to 64 letters, digits and '._-'"),

    /** A name that people or Keystone gave: Keystone bounds names at 255 characters. */
    NAME("[^\\p{Cc}\\p{Cs}]{1,255}", "1 to 255 characters without control characters"),

    /** The service that an event comes from, as a CloudEvents source. */
    SOURCE("/lanyard/[a-z0-9-]{1,32}", "a source /lanyard/<service>"),

    /** The URL of the door: no user, no query. */
    URL("https?://[0-9A-Za-z.:_\\[\\]-]{1,255}(/[0-9A-Za-z._~/-]{0,1024})?", "an http or https URL"),

    /** A network address, IPv6 zone included. */
    ADDRESS("[0-9A-Za-z.:%_-]{1,64}", "a network address"),

    /** A JWE in compact form (RFC 7516, section 7.1): five parts of base64url. */
    JWE("(?=.{1,65536}$)[A-Za-z0-9_-]++(?:\\.[A-Za-z0-9_-]*+){4}", "a compact JWE");

    private final Pattern pattern;
    private final String meaning;

    Shape(String pattern, String meaning) {
        this.pattern = Pattern.compile(pattern);
        this.meaning = meaning;
    }

    /** That a value has not its shape. The message holds no content. */
    public static final class Misfit extends IllegalArgumentException {
        public Misfit(String message) {
            super(message);
        }

        public String detail() {
            return String.valueOf(getMessage());
        }
    }

    public boolean fits(@Nullable String value) {
        return value != null && pattern.matcher(value).matches();
    }

    /** What is wrong with a value that does not fit: our name of the field, what was expected, and how long it is. */
    public String misfit(String field, @Nullable String value) {
        return value == null
                ? field + " is missing"
                : "%s is not %s: %d characters".formatted(field, meaning, value.length());
    }

    /** The value if it fits. Otherwise a {@link Misfit}. */
    public String require(String field, @Nullable String value) {
        if (value == null || !fits(value)) {
            throw new Misfit(misfit(field, value));
        }
        return value;
    }

    /** The number if it lies between two bounds, both included. Otherwise a {@link Misfit}. */
    public static int between(String field, int value, int least, int most) {
        if (value < least || value > most) {
            throw new Misfit("%s is not between %d and %d".formatted(field, least, most));
        }
        return value;
    }

    /** The value if there is one. Otherwise a {@link Misfit}. */
    public static <T> T present(String field, @Nullable T value) {
        if (value == null) {
            throw new Misfit(field + " is missing");
        }
        return value;
    }

    /** A copy of a list that holds from 1 to {@code most} elements, no two of the same key. Otherwise a {@link Misfit}. */
    public static <T> List<T> distinct(
            String field, @Nullable List<? extends @Nullable T> list, int most, Function<T, ?> key) {
        return distinct(field, list, 1, most, key);
    }

    /** As the other, for a list of {@code least} elements or more. */
    public static <T> List<T> distinct(
            String field, @Nullable List<? extends @Nullable T> list, int least, int most, Function<T, ?> key) {
        if (list == null || list.size() < least || list.size() > most) {
            throw new Misfit("%s has not from %d to %d elements".formatted(field, least, most));
        }
        var keys = new HashSet<Object>();
        for (var element : list) {
            if (element == null || !keys.add(key.apply(element))) {
                throw new Misfit(field + " has an element that is null or there twice");
            }
        }
        return List.copyOf(list);
    }
}
