package lanyard.benchmarks.outages;

import java.util.Locale;

/** When all was well again after an outage. */
sealed interface Recovery {
    /** After so many seconds. */
    record Well(double seconds) implements Recovery {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
    }

    /** Not in all the time for which it was waited. */
    record NotWithin(int seconds) implements Recovery {
        @Override
        public String toString() {
            return "not in %d s".formatted(seconds);
        }
    }

    /** It was not waited for, because the next outage was to come at once. */
    record Unwatched() implements Recovery {
        @Override
        public String toString() {
            return "";
        }
    }

    /** Whether nothing speaks against it. */
    default boolean isWell() {
        return !(this instanceof NotWithin);
    }
}
