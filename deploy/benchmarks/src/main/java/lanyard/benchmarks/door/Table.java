package lanyard.benchmarks.door;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanyard.benchmarks.door.Measured.Kind;

/** The results for a person: a table, what it means, and the ratios. */
final class Table {
    private static final String ROW = "%-44s %7s %9s %9s %9s %9s %9s %9s %9s %9s %8s %6s";

    private final Results results;
    private final List<String> text = new ArrayList<>();

    private Table(Results results) {
        this.results = results;
    }

    static List<String> of(Results results) {
        var table = new Table(results);
        table.measured();
        table.ratios();
        table.memory();
        table.restart();
        table.faults();
        return table.text;
    }

    private void say(String format, Object... values) {
        text.add(String.format(Locale.ROOT, format, values).stripTrailing());
    }

    private void measured() {
        say(ROW, "", "", "", "", "latency", "in ms", "", "", "CPU s/", "1,000", "alloc.", "load");
        say(ROW, "", "clients", "tokens", "tokens/s", "p50", "p99", "p999", "max", "Keystone", "door", "KiB", "gen.");
        results.lines().forEach(this::line);
        say("");
        say(
                "Closed loops, but for the one that says otherwise: each client asks again as soon as it is answered, so that a slow");
        say(
                "answer keeps others from being asked for (coordinated omission); their latencies are those at full load. In the open");
        say(
                "loop a latency counts from when the request was to be sent. '–' is a percentile for which there were too few tokens,");
        say(
                "or a party that had no part in it. CPU: seconds for 1,000 tokens, of all of Keystone's processes and of the door's.");
        say(
                "alloc.: what the door allocated for one token. load gen.: the load generator's share of the machine's %d cores.",
                Cpu.CORES);
        say("");
    }

    private void line(Measured line) {
        var tally = line.tally();
        boolean atDoor = line.kind() != Kind.KEYSTONE;
        var rate = line.rate();
        var allocated = line.allocatedPerToken();
        say(
                ROW,
                line.kind().title() + (rate == null ? "" : ", %,.0f/s".formatted(rate)),
                line.clients(),
                "%,d".formatted(tally.tokens()),
                number(tally.perSecond()),
                number(tally.millis(50)),
                number(tally.millis(99)),
                number(tally.millis(99.9)),
                number(tally.longestMillis()),
                "%.2f".formatted(line.keystonePerThousand()),
                atDoor ? "%.3f".formatted(line.doorPerThousand()) : "–",
                allocated == null ? "–" : "%.1f".formatted(allocated / 1024),
                "%.0f %%".formatted(100 * line.cpu().generatorShare()));
    }

    static String number(double value) {
        return Double.isNaN(value)
                ? "–"
                : String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    private void ratios() {
        results.fastest(Kind.KEYSTONE).ifPresent(keystone -> results.fastest(Kind.WARM)
                .ifPresent(warm -> say(
                        "warm: %,.0f x Keystone's own rate (%s against %s tokens a second; the bar is 1,000 x)",
                        warm.tally().perSecond() / keystone.tally().perSecond(),
                        number(warm.tally().perSecond()),
                        number(keystone.tally().perSecond()))));
        results.fastest(Kind.OPEN)
                .ifPresent(open -> say(
                        "warm at half of the highest rate: p99 %s ms (the bar is 10 ms)",
                        number(open.tally().millis(99))));
        cheaper(Kind.COLD_PER_CLUSTER, "");
        cheaper(Kind.COLD_ISSUER, "; the bar is 5 x");
        cheaper(Kind.WARM, "");
    }

    private void cheaper(Kind kind, String bar) {
        results.cheapest(Kind.KEYSTONE)
                .ifPresent(today -> results.cheapest(kind).ifPresent(line -> {
                    if (line.keystonePerThousand() == 0) {
                        say("%s: Keystone was not asked at all", line.kind().title());
                    } else {
                        say(
                                "%s: %s x cheaper for Keystone than today's way (%.2f against %.2f CPU s for 1,000 tokens%s)",
                                line.kind().title(),
                                number(today.keystonePerThousand() / line.keystonePerThousand()),
                                line.keystonePerThousand(),
                                today.keystonePerThousand(),
                                bar);
                    }
                }));
    }

    private void memory() {
        if (results.memory().isEmpty()) {
            return;
        }
        say("");
        say(
                "The door's memory, each credential with a token of %d KiB at hand. There is no Keystone with so many clusters: a",
                StandIn.BODY / 1024);
        say(
                "stand-in in the benchmark gave the tokens, and the issuer was told of the clusters without anybody having made them.");
        for (var one : results.memory()) {
            say(
                    "%,8d credentials: %,7.1f MiB of heap in use after a collection, %,7.1f MiB resident",
                    one.credentials(), mib(one.heap()), mib(one.resident()));
        }
        var first = results.memory().getFirst();
        var last = results.memory().getLast();
        if (last.credentials() > first.credentials()) {
            say(
                    "a credential: %.1f KiB of heap",
                    (last.heap() - first.heap()) / 1024.0 / (last.credentials() - first.credentials()));
        }
    }

    private static double mib(long bytes) {
        return bytes / 1024.0 / 1024.0;
    }

    private void restart() {
        var restart = results.restart();
        if (restart == null) {
            return;
        }
        say("");
        say(
                "A restart with %,d live credentials, all logging in at once over %,d connections; a stand-in for Keystone took %d ms for",
                restart.credentials(), restart.clients(), restart.delayMillis());
        say(
                "each login: at most %d of the door's calls were in flight (allowed: %d), %,d in all; everybody had a token after %s s;",
                restart.most(),
                restart.limit(),
                restart.logins(),
                number(restart.tally().elapsed().toMillis() / 1000.0));
        say("clients were told to come back later %,d times.", restart.tally().postponed());
    }

    private void faults() {
        if (!results.faults().isEmpty()) {
            say("");
            say("NOT SOUND: these were answered otherwise than by a token");
            results.faults().forEach(fault -> say("  %s", fault));
        }
        var restart = results.restart();
        if (restart != null && !restart.kept()) {
            say("");
            say("NOT SOUND: after the restart more calls were in flight than is allowed");
        }
    }
}
