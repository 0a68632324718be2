package lanyard.benchmarks.load;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param latencies of the logins that succeeded, in nanoseconds
 * @param faults how often it went otherwise, by what happened instead
 * @param postponed how often a client was told to come back later, and did
 * @param elapsed from the start until the last answer
 */
public record Tally(Histogram latencies, Map<String, Long> faults, long postponed, Duration elapsed) {
    public Tally {
        faults = new TreeMap<>(faults);
    }

    public long tokens() {
        return latencies.getTotalCount();
    }

    public double perSecond() {
        return tokens() / (elapsed.toNanos() / 1e9);
    }

    /** In milliseconds; {@link Double#NaN} if there were too few logins for such a percentile to mean anything. */
    public double millis(double percentile) {
        // 100 - 99.9 is a little less than 0.1.
        return Math.round(tokens() * (100 - percentile)) < 100
                ? Double.NaN
                : latencies.getValueAtPercentile(percentile) / 1e6;
    }

    public double longestMillis() {
        return latencies.getMaxValue() / 1e6;
    }

    public long faulty() {
        return faults.values().stream().mapToLong(Long::longValue).sum();
    }
}
