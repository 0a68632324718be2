package lanyard.local.demo;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import lanyard.local.terminal.Terminal;

/** How long what took, in the order in which it happened. */
final class Timings {
    private final Map<String, Duration> all = new LinkedHashMap<>();

    void since(String what, long startNanos) {
        between(what, startNanos, System.nanoTime());
    }

    void between(String what, long startNanos, long endNanos) {
        all.put(what, Duration.ofNanos(endNanos - startNanos));
    }

    void print(Terminal terminal) {
        all.forEach((what, time) -> terminal.line("  %-58s %10s".formatted(what, Terminal.seconds(time))));
    }
}
