package lanyard.benchmarks.outages;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import lanyard.benchmarks.OwnStack;
import lanyard.benchmarks.outages.Outage.Deed;
import lanyard.local.BenchCommand;
import lanyard.local.demo.Tenant;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard bench outages}. */
@Command(
        name = "outages",
        description =
                "Unplug one part after the other while clusters come and go, and count what is lost and what is left.",
        footer = {
            "",
            "Starts a stack of its own, with two replicas of each service, and removes it at the end. Fails if a cluster that"
                    + " exists has no working credential, or if Keystone holds anything for one that is gone."
        })
public final class OutageBenchmark implements BenchCommand.Benchmark {
    private static final List<String> ROLES = List.of("member", "load-balancer_member");
    private static final int TENANTS = 3;
    /** Within which a service is killed after it got something to do. */
    private static final int SOON_MILLIS = 3_000;

    @Option(
            names = "--clusters",
            paramLabel = "N",
            defaultValue = "12",
            description =
                    "How many are made with each outage, of which half are deleted with the next. Default: ${DEFAULT-VALUE}.")
    private int clusters;

    @Option(
            names = "--hold",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long something is away, where it is not a kill. Default: ${DEFAULT-VALUE}.")
    private int hold;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long to wait until all is well again. Default: ${DEFAULT-VALUE}.")
    private int patience;

    @Option(
            names = "--only",
            paramLabel = "OUTAGE",
            split = ",",
            description = "These alone: ${COMPLETION-CANDIDATES}.")
    private Set<Outage> only = EnumSet.allOf(Outage.class);

    @Option(
            names = "--overlap",
            description =
                    "Don't wait after each until all is well again: harder, quicker, and only the whole is timed.")
    private boolean overlap;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is left to chance. Default: another each time.")
    private @Nullable Long seed;

    @Mixin
    private OwnStack stack = new OwnStack();

    /** What is printed of each outage, at once: a long run may be cut short. */
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    @Override
    public Integer call() throws IOException {
        return stack.during(".lanyard-outages", (home, terminal) -> {
            try (var site = new Site(home, terminal);
                    var fleet = new Fleet(site.env())) {
                if (run(site, fleet, terminal)) {
                    return 0;
                }
                OwnStack.keepLogs(home, terminal);
                return 1;
            }
        });
    }

    private boolean run(Site site, Fleet fleet, Terminal terminal) {
        var chosen = seed == null ? new Random().nextLong(1_000_000) : seed;
        var chance = new Random(chosen);
        terminal.line("seed " + chosen);
        var tenants = new ArrayList<Tenant>();
        for (int i = 0; i < TENANTS; i++) {
            var tenant = Tenant.make(
                    site.admin(),
                    terminal,
                    "outages",
                    UUID.randomUUID().toString().substring(0, 8));
            ROLES.forEach(tenant::grant);
            tenants.add(tenant);
        }
        out.println(Passed.HEADLINE);
        var passed = new ArrayList<Passed>();
        for (var outage : only) {
            var one = terminal.during(outage.title, () -> pass(outage, site, fleet, tenants, chance));
            out.println(one.line());
            passed.add(one);
        }
        var whole = terminal.during("All comes to rest", () -> settle(site, fleet, System.nanoTime()));
        var living = terminal.during("Counting in Keystone, logging in at both doors", () -> census(site, fleet));
        var empty = terminal.during("Deleting the others, and counting again", () -> {
            fleet.delete(fleet.living());
            settle(site, fleet, System.nanoTime());
            // The custodians go when the revocations were heard.
            await(() -> census(site, fleet).isClean());
            return census(site, fleet);
        });
        print(passed, whole, fleet.clusters().size(), site.wrongAnswers(), living, empty);
        var isWell = living.isClean()
                && empty.isClean()
                && fleet.unsettled() == 0
                && whole.isWell()
                && passed.stream().allMatch(one -> one.recovery().isWell());
        if (!isWell) {
            site.unfinished().forEach(out::println);
        }
        return isWell;
    }

    /** How long it took is counted from a kill, and otherwise from when what was away is there again. */
    private Passed pass(Outage outage, Site site, Fleet fleet, List<Tenant> tenants, Random chance) {
        var living = fleet.living();
        var leaving = living.subList(0, living.size() / 2);
        long over;
        switch (outage.deed) {
            case Deed.Kill(var service) -> {
                fleet.create(clusters, tenants);
                fleet.delete(leaving);
                sleep(chance.nextInt(SOON_MILLIS));
                site.kill(service);
                over = System.nanoTime();
                site.mend();
            }
            case Deed.KillAt when -> {
                // What is deleted before it has anything leaves nothing to be removed, and so no call at which to be
                // killed.
                if (!await(() -> leaving.stream().allMatch(Fleet.Cluster::isSettled))) {
                    throw new Trouble(
                            "the clusters that are to be deleted have no credential yet", "see whether all is well");
                }
                var killed = site.killAt(when);
                fleet.create(clusters, tenants);
                fleet.delete(leaving);
                if (!await(killed::isDone)) {
                    throw new Trouble(
                            "no %s made the call at which it was to be killed".formatted(when.service()),
                            "see whether it is well");
                }
                over = System.nanoTime();
                site.mend();
            }
            case Deed.Hold held -> {
                fleet.create(clusters, tenants);
                sleep(chance.nextInt(SOON_MILLIS));
                held.begin().accept(site);
                if (!outage.isOfTheBus()) {
                    fleet.delete(leaving);
                }
                sleep(TimeUnit.SECONDS.toMillis(hold));
                held.end().accept(site);
                over = System.nanoTime();
                if (outage.isOfTheBus()) {
                    fleet.delete(leaving);
                }
            }
        }
        return new Passed(
                outage, clusters, leaving.size(), overlap ? new Recovery.Unwatched() : settle(site, fleet, over));
    }

    /**
     * Waits until all is as it should be, but no longer than patience lasts: all was told, and every cluster that exists can log in at
     * both doors.
     *
     * @param since from when on the time is counted
     */
    private Recovery settle(Site site, Fleet fleet, long since) {
        var well = await(() -> fleet.unsettled() == 0 && isServed(site, fleet));
        return well ? new Recovery.Well((System.nanoTime() - since) / 1e9) : new Recovery.NotWithin(patience);
    }

    private static boolean isServed(Site site, Fleet fleet) {
        try {
            return census(site, fleet).lost().isEmpty();
        } catch (Trouble e) {
            // A part that was away may stumble once more; that is no reason to give up a run of an hour.
            return false;
        }
    }

    private static Census census(Site site, Fleet fleet) {
        return Census.take(fleet, site.admin(), site.variable("LANYARD_DOMAIN"), site.doors());
    }

    private boolean await(BooleanSupplier condition) {
        var deadline = System.nanoTime() + Duration.ofSeconds(patience).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            sleep(100);
        }
        return true;
    }

    private static void sleep(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run the command again", e);
        }
    }

    private void print(
            List<Passed> passed, Recovery whole, int clusters, long wrongAnswers, Census living, Census empty) {
        out.printf(Locale.ROOT, "all was well %s after the last%n", whole);
        Passed.summary(passed).forEach(out::println);
        for (var census : List.of(living, empty)) {
            census.lost().forEach(out::println);
            census.duplicated().forEach(out::println);
            census.orphaned().forEach(out::println);
        }
        out.printf(
                Locale.ROOT,
                "%,d clusters, %,d outages, %,d calls to Keystone answered wrongly or not: %d lost, %d duplicated, %d"
                        + " orphaned%n",
                clusters,
                passed.size(),
                wrongAnswers,
                living.lost().size(),
                living.duplicated().size() + empty.duplicated().size(),
                living.orphaned().size() + empty.orphaned().size());
    }
}
