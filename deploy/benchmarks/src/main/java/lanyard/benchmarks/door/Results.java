package lanyard.benchmarks.door;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that was measured in one run, and what follows from it.
 *
 * @param memory without, with few and with many credentials, in this order; empty if it was not asked for
 * @param faults what was answered otherwise than by a token, in words
 */
record Results(List<Measured> lines, List<Memory> memory, @Nullable Restart restart, List<String> faults) {
    Results {
        lines = List.copyOf(lines);
        memory = List.copyOf(memory);
        faults = List.copyOf(faults);
    }

    private Stream<Measured> of(Measured.Kind kind) {
        return lines.stream().filter(line -> line.kind() == kind && line.tally().tokens() > 0);
    }

    private Optional<Measured> best(Measured.Kind kind, ToDoubleFunction<Measured> cost) {
        return of(kind).min(Comparator.comparingDouble(cost));
    }

    /** The line with the most tokens a second. */
    Optional<Measured> fastest(Measured.Kind kind) {
        return best(kind, line -> -line.tally().perSecond());
    }

    /** The line that cost Keystone least, which is the fairest to compare with. */
    Optional<Measured> cheapest(Measured.Kind kind) {
        return best(kind, Measured::keystonePerThousand);
    }

    boolean sound() {
        return faults.isEmpty() && (restart == null || restart.kept());
    }
}
