package lanyard.benchmarks.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lanyard.benchmarks.door.Measured.Kind;
import lanyard.benchmarks.load.Tally;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TableTest {
    private static final Restart KEPT = new Restart(200, 40, 200, 200, 4, 4, tally(200, 2000, 50));

    @Test
    void ratios_are_those_of_the_best_of_keystone() {
        var text = text(List.of(), KEPT);
        assertThat(text)
                .contains("warm: 2,000 x Keystone's own rate (10,000 against 5.00 tokens a second")
                .contains("warm at half of the highest rate: p99 1.00 ms")
                .contains(
                        "door, cold, trustee: issuer: 8.00 x cheaper for Keystone than today's way (30.00 against 240.00")
                .contains("door, warm: Keystone was not asked at all")
                .contains("at most 4 of the door's calls were in flight (allowed: 4)")
                .doesNotContain("NOT SOUND");
    }

    @Test
    void what_was_answered_otherwise_is_shown_and_makes_the_run_unsound() {
        assertThat(text(List.of("door, warm: HTTP 503, 3 times"), KEPT)).contains("NOT SOUND", "HTTP 503, 3 times");
        assertThat(results(List.of("x"), KEPT).sound()).isFalse();
        assertThat(results(List.of(), KEPT).sound()).isTrue();
    }

    @Test
    void too_many_calls_in_flight_make_the_run_unsound() {
        var broken = new Restart(200, 40, 200, 200, 5, 4, tally(200, 2000, 50));
        assertThat(results(List.of(), broken).sound()).isFalse();
        assertThat(text(List.of(), broken)).contains("NOT SOUND");
    }

    @Test
    void the_cpu_of_a_process_is_read_whatever_its_name() {
        assertThat(Cpu.seconds("1 (a ) b (c) S 1 2 3 4 5 6 7 8 9 10 100 200 30 40 20 0"))
                .isEqualTo(3.7);
    }

    private static String text(List<String> faults, @Nullable Restart restart) {
        return String.join("\n", Table.of(results(faults, restart)));
    }

    private static Results results(List<String> faults, @Nullable Restart restart) {
        return new Results(
                List.of(
                        line(Kind.KEYSTONE, tally(40, 10_000, 250), 10, null),
                        line(Kind.KEYSTONE, tally(50, 10_000, 2500), 12, null),
                        line(Kind.WARM, tally(50_000, 10_000, 1), 0, null),
                        line(Kind.WARM, tally(100_000, 10_000, 1), 0, null),
                        line(Kind.OPEN, tally(50_000, 10_000, 1), 0, 5000.0),
                        line(Kind.COLD_ISSUER, tally(200, 10_000, 40), 6, null)),
                List.of(new Memory(1_000, 50_000_000, 90_000_000), new Memory(50_000, 500_000_000, 900_000_000)),
                restart,
                faults);
    }

    private static Measured line(Kind kind, Tally tally, double keystone, @Nullable Double rate) {
        return new Measured(kind, 16, rate, tally, new Cpu(keystone, 1, 0.5, TimeUnit.SECONDS.toNanos(10)), 1_000_000L);
    }

    private static Tally tally(int tokens, long elapsedMillis, long latencyMillis) {
        var latencies = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
        for (int i = 0; i < tokens; i++) {
            latencies.recordValue(TimeUnit.MILLISECONDS.toNanos(latencyMillis));
        }
        return new Tally(latencies, Map.of(), 0, Duration.ofMillis(elapsedMillis));
    }
}
