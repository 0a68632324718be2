package lanyard.local.demo;

import java.io.Serial;
import java.util.Collection;

/** Something is not as it must be: what was expected, and what was seen instead. */
final class Unverified extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    Unverified(String what, Object expected, Object seen) {
        super("%s: expected %s, saw %s".formatted(what, shown(expected), shown(seen)));
    }

    /** Holds that two values are the same. */
    static void unless(String what, Object expected, Object seen) {
        if (!expected.equals(seen)) {
            throw new Unverified(what, expected, seen);
        }
    }

    /** Holds that a condition is met. */
    static void unless(boolean met, String what, Object expected, Object seen) {
        if (!met) {
            throw new Unverified(what, expected, seen);
        }
    }

    private static String shown(Object value) {
        if (value instanceof Collection<?> many && many.isEmpty()) {
            return "none";
        }
        return value.toString();
    }
}
