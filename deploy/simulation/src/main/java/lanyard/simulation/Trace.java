package lanyard.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened, a line for each step; or nothing, where nobody reads it. */
final class Trace {
    private final boolean kept;
    private final List<String> lines = new ArrayList<>();

    Trace(boolean kept) {
        this.kept = kept;
    }

    /** Whether lines are kept: else they need not be made. */
    boolean isKept() {
        return kept;
    }

    void line(long micros, String who, String what) {
        if (kept) {
            lines.add(String.format(Locale.ROOT, "%12.3f s  %-26s %s", micros / 1e6, who, what));
        }
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
