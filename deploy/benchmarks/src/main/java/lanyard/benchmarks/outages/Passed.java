package lanyard.benchmarks.outages;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An outage that is over: how many clusters came and went with it, and when all was well again. */
record Passed(Outage outage, int made, int deleted, Recovery recovery) {
    static final String HEADLINE =
            String.format(Locale.ROOT, "%-52s %6s %8s %12s", "", "made", "deleted", "well after");

    String line() {
        return String.format(Locale.ROOT, "%-52s %6d %8d %12s", outage.title, made, deleted, recovery);
    }

    /** For each kind of outage how often it was, and the median and the longest of the times until all was well; none if none was taken. */
    static List<String> summary(List<Passed> all) {
        return all.stream()
                .collect(Collectors.groupingBy(one -> one.outage.kind(), LinkedHashMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .flatMap(kind -> summary(kind.getKey(), kind.getValue()).stream())
                .toList();
    }

    private static List<String> summary(String kind, List<Passed> some) {
        var unwell = some.stream().filter(one -> !one.recovery.isWell()).count();
        var times = some.stream()
                .flatMap(one ->
                        one.recovery instanceof Recovery.Well(double seconds) ? Stream.of(seconds) : Stream.empty())
                .sorted()
                .toList();
        if (times.isEmpty() && unwell == 0) {
            return List.of();
        }
        return List.of(String.format(
                Locale.ROOT,
                "%-24s %2d times: %s%s",
                kind,
                some.size(),
                times.isEmpty()
                        ? ""
                        : String.format(Locale.ROOT, "median %.1f s, longest %.1f s", median(times), times.getLast()),
                unwell == 0 ? "" : "; %d times not well in time".formatted(unwell)));
    }

    private static double median(List<Double> sorted) {
        var middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
