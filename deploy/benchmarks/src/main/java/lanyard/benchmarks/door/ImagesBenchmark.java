package lanyard.benchmarks.door;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import lanyard.benchmarks.OwnStack;
import lanyard.benchmarks.load.Load;
import lanyard.benchmarks.load.Plan;
import lanyard.benchmarks.load.Request;
import lanyard.benchmarks.load.Tally;
import lanyard.local.BenchCommand;
import lanyard.local.demo.Tenant;
import lanyard.local.images.Engine;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard bench images}. */
@Command(
        name = "images",
        description =
                "Run the services from their images: how soon each is ready, and how much memory each has while the door"
                        + " has half of its highest load.",
        footer = {
            "",
            "Starts a stack of its own, puts containers in the place of its services one after the other, and removes all at the"
                    + " end. The images are those of ./lanyard images. The machine should have nothing else to do. Fails if a login"
                    + " was answered otherwise than by a token."
        })
public final class ImagesBenchmark implements BenchCommand.Benchmark {
    private static final int CLIENTS = 16;
    private static final double MIB = 1 << 20;

    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            description = "podman or docker. Default: the first of them that answers.")
    private @Nullable String engine;

    @Option(
            names = "--name",
            paramLabel = "PREFIX",
            defaultValue = "lanyard",
            description = "What comes before the service in an image's name. Default: ${DEFAULT-VALUE}.")
    private String name = "";

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "256m",
            description = "What a container may have, as the engine takes it. Default: ${DEFAULT-VALUE}.")
    private String memory = "";

    @Option(
            names = "--starts",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often each service is started. Default: ${DEFAULT-VALUE}.")
    private int starts;

    @Option(
            names = "--clusters",
            paramLabel = "N",
            defaultValue = "24",
            description = "Clusters that log in. Default: ${DEFAULT-VALUE}.")
    private int clusters;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "15",
            description = "How long each load lasts. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Mixin
    private OwnStack stack = new OwnStack();

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    /** @param readyMillis of each start, the shortest first */
    private record Started(ServiceContainer container, List<Long> readyMillis, double idle) {
        long median() {
            return readyMillis.get(readyMillis.size() / 2);
        }
    }

    @Override
    public Integer call() throws IOException {
        var builder = engine == null ? Engine.found() : Engine.named(engine);
        Parts.SERVICES.forEach(service -> builder.size(image(service)));
        return stack.during(".lanyard-images", (home, terminal) -> {
            Stack.up(
                    home,
                    new UpOptions(),
                    Launch.QUICK
                            .with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_BUDGET_PER_CREDENTIAL", "0")
                            .with(Parts.TOKEN_ISSUER, "LANYARD_DOOR_BUDGET_PER_ADDRESS", "0"),
                    terminal);
            return measure(builder, home, terminal);
        });
    }

    private String image(String service) {
        return "%s/%s:latest".formatted(name, service);
    }

    private int measure(Engine builder, Home home, Terminal terminal) throws IOException {
        var admin = new Keystone(home.env("LANYARD_KEYSTONE_URL")).login(home.env());
        var tenant = Tenant.make(
                admin, terminal, "images", UUID.randomUUID().toString().substring(0, 8));
        tenant.grant("member");
        var logins = Door.logins(
                terminal.watched("Making %,d clusters".formatted(clusters), progress -> new Clusters(home.env())
                        .make(clusters, tenant, progress)));
        var running = new ArrayList<Started>();
        try {
            for (var service : Parts.SERVICES) {
                running.add(terminal.during(service + " in a container", () -> start(builder, home, service)));
            }
            return measure(home, logins, running, terminal);
        } finally {
            running.forEach(started -> started.container().remove());
        }
    }

    private Started start(Engine builder, Home home, String service) throws IOException {
        var container = ServiceContainer.insteadOf(builder, image(service), memory, home, service);
        var ready = new ArrayList<Long>();
        for (int i = 0; i < starts; i++) {
            container.remove();
            ready.add(container.start().toMillis());
        }
        ready.sort(null);
        return new Started(container, ready, container.resident() / MIB);
    }

    private int measure(Home home, List<Request> logins, List<Started> running, Terminal terminal) throws IOException {
        var url = home.env("LANYARD_DOOR_URL");
        try (var load = new Load(Request.server(URI.create(url)), CLIENTS, Door.PATIENCE)) {
            var most = terminal.during("As many logins as the door takes", () -> {
                load.run(Plan.once(logins));
                load.run(Plan.closed(logins, Duration.ofSeconds(seconds)));
                return load.run(Plan.closed(logins, Duration.ofSeconds(seconds)));
            });
            double rate = Math.max(1, Math.floor(most.perSecond() / 2));
            var half = terminal.during(
                    "Half as many", () -> load.run(Plan.open(logins, rate, Duration.ofSeconds(seconds))));
            tell(most, half, running);
            var faults = most.faulty() + half.faulty();
            if (faults > 0) {
                terminal.bad("%,d logins got no token: %s %s".formatted(faults, most.faults(), half.faults()));
            }
            return faults == 0 ? 0 : 1;
        }
    }

    private void tell(Tally most, Tally half, List<Started> running) {
        out.printf("%,.0f logins a second at most; memory at %,.0f a second%n", most.perSecond(), half.perSecond());
        out.printf("%-14s %14s %12s %12s %12s %12s%n", "", "ready, median", "longest", "idle", "at half", "ever");
        for (var started : running) {
            out.printf(
                    "%-14s %11d ms %9d ms %8.0f MiB %8.0f MiB %8.0f MiB%n",
                    started.container().service(),
                    started.median(),
                    started.readyMillis().getLast(),
                    started.idle(),
                    started.container().resident() / MIB,
                    started.container().highest() / MIB);
        }
    }
}
