package lanyard.benchmarks.burst;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import lanyard.benchmarks.OwnStack;
import lanyard.local.BenchCommand;
import lanyard.local.conductor.Action;
import lanyard.local.conductor.CredentialEvent;
import lanyard.local.conductor.CredentialEvents;
import lanyard.local.conductor.Notification;
import lanyard.local.conductor.NotificationBus;
import lanyard.local.conductor.Outcome;
import lanyard.local.conductor.ToldCluster;
import lanyard.local.demo.Tenant;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.PostgresUrl;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard bench burst}. */
@Command(
        name = "burst",
        description = "Emit very many creates at once and a delete behind them, and see how long the delete takes.",
        footer = {
            "",
            "Starts a stack of its own, with services as ./lanyard up starts them, and removes it at the end. Fails if the"
                    + " deleted cluster is not revoked in time."
        })
public final class BurstBenchmark implements BenchCommand.Benchmark {
    private static final List<String> ROLES = List.of("member", "load-balancer_member");
    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Duration LOOK = Duration.ofMillis(100);

    @Option(
            names = "--creates",
            paramLabel = "N",
            defaultValue = "20000",
            description = "How many. Default: ${DEFAULT-VALUE}.")
    private int creates;

    @Option(
            names = "--others",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many notifications of other services come with each create. Default: ${DEFAULT-VALUE}.")
    private int others;

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How soon the delete is to be told as done. Default: ${DEFAULT-VALUE}.")
    private double within;

    @Mixin
    private OwnStack stack = new OwnStack();

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    @Override
    public Integer call() throws IOException {
        return stack.during(".lanyard-burst", (home, terminal) -> {
            Stack.up(home, new UpOptions(), Launch.QUICK, terminal);
            return measure(home, terminal) <= within ? 0 : 1;
        });
    }

    /** How long after the delete was emitted it was told as done, in seconds. */
    private double measure(Home home, Terminal terminal) {
        var admin = new Keystone(home.env("LANYARD_KEYSTONE_URL")).login(home.env());
        var suffix = UUID.randomUUID().toString().substring(0, 8);
        var tenant = Tenant.make(admin, terminal, "burst", suffix);
        ROLES.forEach(tenant::grant);
        var kafka = home.env("LANYARD_KAFKA");
        try (var bus = new NotificationBus(kafka);
                var events = CredentialEvents.fromNowOn(kafka);
                var connection = PostgresUrl.parse(home.env("LANYARD_POSTGRES")).connect()) {
            var readers = Stream.of(Parts.PROVISIONER, Parts.REVOKER)
                    .map(service -> new Reader(service, home, connection))
                    .toList();
            return measure(tenant, bus, new Told(events), readers, terminal);
        } catch (SQLException e) {
            throw new Trouble("the database does not answer (" + e.getMessage() + ")", "look at its log", e);
        }
    }

    private double measure(Tenant tenant, NotificationBus bus, Told told, List<Reader> readers, Terminal terminal) {
        var deleted = cluster(tenant);
        var id = deleted.uuid().toString();
        terminal.during("A cluster gets its credential", () -> {
            bus.emit(List.of(Notification.ofConductor(Action.CREATE, Outcome.PENDING, deleted, Instant.now())));
            await(() -> told.hears(CredentialEvent.READY, id));
        });
        var burst =
                terminal.during("Writing %,d creates".formatted(creates), () -> Stream.generate(() -> cluster(tenant))
                        .limit(creates)
                        .flatMap(one -> Stream.concat(
                                Stream.of(Notification.ofConductor(Action.CREATE, Outcome.PENDING, one, Instant.now())),
                                Stream.iterate(0, number -> number + 1)
                                        .limit(others)
                                        .map(number -> Notification.ofAnotherService(number, Instant.now()))))
                        .toList());
        var begun = System.nanoTime();
        bus.emit(burst);
        var emitted = seconds(begun);
        bus.emit(Stream.of(Outcome.PENDING, Outcome.SUCCESS)
                .map(outcome -> Notification.ofConductor(Action.DELETE, outcome, deleted, Instant.now()))
                .toList());
        var behind = seconds(begun);
        var revoked = new double[1];
        terminal.during(
                "All is read, and the delete behind it is done",
                () -> await(() -> {
                    readers.forEach(reader -> reader.look(seconds(begun), creates + 1, id));
                    if (revoked[0] == 0 && told.hears(CredentialEvent.REVOKED, id)) {
                        revoked[0] = seconds(begun);
                        told.close();
                    }
                    return revoked[0] > 0 && readers.stream().allMatch(Reader::isDone);
                }));
        print(emitted, behind, revoked[0], told.provisioned, readers);
        return revoked[0] - behind;
    }

    private static ToldCluster cluster(Tenant tenant) {
        return new ToldCluster(UUID.randomUUID(), "burst", tenant.project(), tenant.owner(), Map.of());
    }

    /** What is told on Lanyard's topic. */
    private static final class Told {
        private final CredentialEvents events;
        private int provisioned;
        private boolean over;

        Told(CredentialEvents events) {
            this.events = events;
        }

        /** Whether this is told just now. */
        boolean hears(String type, String cluster) {
            var found = false;
            for (var event : over ? List.<CredentialEvent>of() : events.poll(LOOK)) {
                provisioned += event.type().equals(CredentialEvent.PROVISIONED) ? 1 : 0;
                found |= event.type().equals(type) && event.cluster().equals(cluster);
            }
            return found;
        }

        /** Counts no further. */
        void close() {
            over = true;
        }
    }

    private static void await(BooleanSupplier condition) {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new Trouble("it took longer than " + PATIENCE, "give the machine nothing else to do");
            }
        }
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private void print(double emitted, double behind, double revoked, int provisioned, List<Reader> readers) {
        say("%,d creates emitted in %.1f s, with %,d others", creates, emitted, (long) creates * others);
        say("%-12s %12s %12s %18s %12s %12s", "", "all read", "rows/s", "delete in its row", "heap", "resident");
        for (var reader : readers) {
            say(
                    "%-12s %10.1f s %12.0f %16.1f s %9d MB %9d MB",
                    reader.service,
                    reader.allRead(),
                    creates / reader.allRead(),
                    reader.deleteRead() - behind,
                    reader.heap() >> 20,
                    reader.resident() >> 20);
        }
        say(
                "the delete behind them was told as done after %.1f s, when %,d of them had their delegation",
                revoked - behind, provisioned - 1);
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
    }
}
