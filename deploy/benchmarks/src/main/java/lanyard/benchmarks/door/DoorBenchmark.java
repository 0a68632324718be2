package lanyard.benchmarks.door;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import lanyard.benchmarks.OwnStack;
import lanyard.benchmarks.door.Measured.Kind;
import lanyard.benchmarks.load.Plan;
import lanyard.benchmarks.load.Request;
import lanyard.local.BenchCommand;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.demo.Tenant;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard bench door}. */
@Command(
        name = "door",
        description = "Measure the door beside Keystone itself: tokens a second, latency, CPU, memory, a restart.",
        footer = {
            "",
            "Starts a stack of its own, with Lanyard's services as an operator would run them, and removes it at the end."
                    + " The machine should have nothing else to do. Fails if anything was answered otherwise than by a token."
        })
public final class DoorBenchmark implements BenchCommand.Benchmark {
    private static final List<String> ROLES = List.of("member", "load-balancer_member");
    private static final int[] CLIENTS = {1, 16, 64};
    private static final int FEW = 1_000;
    private static final int MANY = 50_000;
    private static final int CONNECTIONS = 1_000;
    private static final Duration STAND_IN_LOGIN = Duration.ofMillis(40);

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long to measure each load. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many seconds of load before each, for the JVM's compilers. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--clusters",
            paramLabel = "N",
            defaultValue = "200",
            description = "Clusters in each mode. Default: ${DEFAULT-VALUE}.")
    private int clusters;

    @Option(
            names = "--cold-clients",
            paramLabel = "N",
            defaultValue = "16",
            description =
                    "How many of them log in at a time at a door that has no token at hand. Default: ${DEFAULT-VALUE}.")
    private int coldClients;

    @Option(
            names = "--restart",
            paramLabel = "N",
            defaultValue = "200",
            description = "Live credentials at a restart; 0 leaves it out. Default: ${DEFAULT-VALUE}.")
    private int restart;

    @Option(
            names = "--fetches",
            paramLabel = "N",
            defaultValue = "4",
            description =
                    "How many calls the door may have in flight at Keystone (LANYARD_DOOR_FETCHES). Default: ${DEFAULT-VALUE}.")
    private int fetches;

    @Option(
            names = "--memory",
            description = "Also measure the door's memory at 1,000 and at 50,000 credentials; takes minutes.")
    private boolean memory;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = "512m",
            description = "The heap of each service. Default: ${DEFAULT-VALUE}.")
    private String heap = "";

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results there, too.")
    private @Nullable Path json;

    @Mixin
    private OwnStack stack = new OwnStack();

    @Override
    public Integer call() throws IOException {
        var results = stack.during(".lanyard-bench", (home, terminal) -> measure(new Door(home, terminal), terminal));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Table.of(results).forEach(out::println);
        if (json != null) {
            Files.writeString(json, Json.of(results));
        }
        return results.sound() ? 0 : 1;
    }

    // ---- The course of it

    private Results measure(Door door, Terminal terminal) throws IOException {
        var lines = new ArrayList<Measured>();
        var perCluster = Launch.production(heap)
                .with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_BUDGET_PER_CREDENTIAL", "0")
                .with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_BUDGET_PER_ADDRESS", "0")
                .with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_FETCHES", String.valueOf(fetches));
        door.up(perCluster);
        var keystone = new Keystone(door.variable("LANYARD_KEYSTONE_URL"));
        var admin = keystone.login(door.env());
        var tenant = Tenant.make(
                admin, terminal, "bench", UUID.randomUUID().toString().substring(0, 8));
        ROLES.forEach(tenant::grant);

        // One more, for warming up a door without touching what is cold.
        var own = make(door, clusters + 1, "trustee: per-cluster", tenant, terminal);
        door.change(
                "The provisioner makes trusts to the token issuer's user",
                perCluster.with(Parts.PROVISIONER, "LANYARD_PROFILES_CLOUD_PROVIDER_TRUSTEE", "issuer"));
        var shared = make(door, clusters, "trustee: issuer", tenant, terminal);
        // From here on nobody but the door works on Keystone.
        terminal.during("Stopping the provisioner and the revoker", () -> {
            Stack.stop(door.home(), Parts.PROVISIONER, Parts.REVOKER);
        });
        var doorAlone = perCluster.only(Parts.TOKEN_ISSUER);

        var today = terminal.during(
                "Users and trusts as clusters have them today",
                () -> TodaysWay.make(keystone, admin, tenant.project().id(), ROLES, 16));
        keystoneItself(door, today, lines);
        warm(door, own, lines);
        var reserved = own.getFirst();
        cold(door, doorAlone, Kind.COLD_PER_CLUSTER, own.subList(1, own.size()), reserved, lines);
        cold(door, doorAlone, Kind.COLD_ISSUER, shared, reserved, lines);

        var memories = new ArrayList<Memory>();
        var restarted = restart > 0 || memory ? standIn(door, doorAlone, today.token(), memories, terminal) : null;
        return new Results(lines, memories, restarted, door.faults());
    }

    private static List<ClientCredential> make(Door door, int count, String what, Tenant tenant, Terminal terminal) {
        return terminal.watched("Making %,d clusters, %s".formatted(count, what), progress -> new Clusters(door.env())
                .make(count, tenant, progress));
    }

    private Duration measured() {
        return Duration.ofSeconds(seconds);
    }

    private void keystoneItself(Door door, TodaysWay today, List<Measured> lines) {
        var url = today.keystone().url();
        var logins = today.trustees().stream()
                .map(trustee -> Door.login(url, trustee.user(), trustee.password(), trustee.trust()))
                .toList();
        // There is no compiler to wait for, only Keystone's own caches.
        door.load("warming up Keystone", url, 4, Plan.once(logins));
        for (int clients : CLIENTS) {
            lines.add(door.measure(
                    Kind.KEYSTONE, url, clients, null, Plan.once(List.of()), Plan.closed(logins, measured())));
        }
    }

    private void warm(Door door, List<ClientCredential> credentials, List<Measured> lines) {
        var url = door.variable("LANYARD_DOOR_URL");
        var logins = Door.logins(credentials);
        door.load("filling the door", url, fetches, Plan.once(logins));
        double highest = 0;
        for (int clients : CLIENTS) {
            var line = door.measure(Kind.WARM, url, clients, null, warmUp(logins), Plan.closed(logins, measured()));
            lines.add(line);
            highest = Math.max(highest, line.tally().perSecond());
        }
        double rate = Math.max(1, Math.floor(highest / 2));
        int clients = CLIENTS[CLIENTS.length - 1];
        // At that rate, too: to open all connections at once and to come down from the highest are not what is
        // measured.
        var before = Plan.open(logins, rate, Duration.ofSeconds(warmUp));
        lines.add(door.measure(Kind.OPEN, url, clients, rate, before, Plan.open(logins, rate, measured())));
    }

    private Plan warmUp(List<Request> logins) {
        return Plan.closed(logins, Duration.ofSeconds(warmUp));
    }

    /** @param reserved warms the door up; none of those that are measured has been seen by it since it started */
    private void cold(
            Door door,
            Launch how,
            Kind kind,
            List<ClientCredential> credentials,
            ClientCredential reserved,
            List<Measured> lines) {
        door.restart("Starting the door anew, with no token at hand", how);
        var url = door.variable("LANYARD_DOOR_URL");
        var before = warmUp(Door.logins(List.of(reserved)));
        lines.add(door.measure(kind, url, coldClients, null, before, Plan.once(Door.logins(credentials))));
    }

    // ---- With a stand-in for Keystone

    private @Nullable Restart standIn(Door door, Launch how, JsonNode token, List<Memory> memories, Terminal terminal)
            throws IOException {
        try (var standIn = StandIn.start(token)) {
            var with = how.with(Parts.TOKEN_ISSUER, "LANYARD_KEYSTONE_URL", standIn.url());
            if (memory) {
                with = with.with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_KEPT_TOKENS", String.valueOf(2 * MANY))
                        .withJvm("-Xms64m")
                        .withJvm("-Xmx3g");
            }
            door.change("The door gets a stand-in for Keystone", with);
            var clusters = new SeededClusters(door.env(), standIn);
            if (memory) {
                for (int count : new int[] {FEW, MANY}) {
                    memories.add(remember(door, clusters, count, terminal));
                }
            }
            return restart > 0 ? restart(door, with, clusters, standIn, terminal) : null;
        }
    }

    private static List<Request> seed(Door door, SeededClusters clusters, int count, Terminal terminal) {
        return terminal.watched(
                "Telling the token issuer of %,d clusters".formatted(count),
                progress -> Door.logins(clusters.grow(count, progress)));
    }

    private Memory remember(Door door, SeededClusters clusters, int count, Terminal terminal) {
        var logins = seed(door, clusters, count, terminal);
        var url = door.variable("LANYARD_DOOR_URL");
        return terminal.during("%,d credentials log in".formatted(count), () -> {
            door.load("logging in with %,d credentials".formatted(count), url, fetches, Plan.once(logins));
            try (var jvm = door.jvm()) {
                long heapInUse = jvm.heapBytesAfterCollection();
                return new Memory(count, heapInUse, jvm.residentBytes());
            }
        });
    }

    private Restart restart(Door door, Launch how, SeededClusters clusters, StandIn standIn, Terminal terminal) {
        var logins = seed(door, clusters, restart, terminal);
        // Before the start: what a door would fetch by itself counts as well.
        standIn.delay(STAND_IN_LOGIN);
        door.restart("Starting the door anew, with %,d live credentials".formatted(restart), how);
        int clients = Math.min(restart, CONNECTIONS);
        var url = door.variable("LANYARD_DOOR_URL");
        return terminal.during("All of them log in at once", () -> {
            var tally = door.load("logging in at once after a restart", url, clients, Plan.stampede(logins));
            return new Restart(
                    restart,
                    STAND_IN_LOGIN.toMillis(),
                    clients,
                    standIn.logins(),
                    standIn.mostInFlight(),
                    fetches,
                    tally);
        });
    }
}
