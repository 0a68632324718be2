package lanyard.benchmarks.door;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanyard.benchmarks.load.Load;
import lanyard.benchmarks.load.Plan;
import lanyard.benchmarks.load.Request;
import lanyard.benchmarks.load.Tally;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/** The door that is measured, the stack around it, and all that went wrong with either. */
final class Door {
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Terminal SILENT =
            new Terminal(new PrintStream(OutputStream.nullOutputStream(), false), false, false, 80);

    private final Home home;
    private final Terminal terminal;
    private final List<String> faults = new ArrayList<>();
    private Map<String, String> env = Map.of();

    Door(Home home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
    }

    /** Starts all that is not there. */
    void up(Launch how) {
        env = Stack.up(home, new UpOptions(), how, terminal);
        if (keystone() == null) {
            throw new Trouble(
                    "the Keystone is not one of the benchmark's own, so its CPU can't be measured",
                    "unset LANYARD_KEYSTONE_URL");
        }
    }

    /** Goes on with other services, or with the same ones run otherwise. */
    void change(String what, Launch how) {
        terminal.during(what, () -> {
            env = Stack.up(home, new UpOptions(), how, SILENT);
        });
    }

    /** A door that has nothing at hand. */
    void restart(String what, Launch how) {
        terminal.during(what, () -> {
            Stack.stop(home, Parts.TOKEN_ISSUER);
            env = Stack.up(home, new UpOptions(), how, SILENT);
        });
    }

    Home home() {
        return home;
    }

    Map<String, String> env() {
        return env;
    }

    String variable(String name) {
        var value = env.get(name);
        if (value == null) {
            throw new Trouble("the stack has no " + name, "look at the logs in " + home.file("log"));
        }
        return value;
    }

    private @Nullable ProcessHandle keystone() {
        return Stack.process(home, Parts.KEYSTONE);
    }

    private ProcessHandle process() {
        var process = Stack.process(home, Parts.TOKEN_ISSUER);
        if (process == null) {
            throw new Trouble("the door has ended", "look at " + home.log(Parts.TOKEN_ISSUER));
        }
        return process;
    }

    DoorJvm jvm() {
        return DoorJvm.attach(process());
    }

    /** All that was answered otherwise than by a token, in words. */
    List<String> faults() {
        return List.copyOf(faults);
    }

    /** What the same login looks like at the door and at Keystone: password of a user that is known by id, through a trust. */
    static Request login(String v3, String user, String password, String trust) {
        return Request.post(
                URI.create(v3 + "/auth/tokens"),
                Keystone.throughTrust(user, password, trust).toString());
    }

    static Request login(ClientCredential credential) {
        var user = credential.userId();
        var trust = credential.trustId();
        if (user == null || trust == null) {
            throw new Trouble("the credential has no user or no trust", "see that all services have one version");
        }
        return login(credential.authUrl(), user, credential.applicationCredentialSecret(), trust);
    }

    static List<Request> logins(List<ClientCredential> credentials) {
        return credentials.stream().map(Door::login).toList();
    }

    /** Puts a load on a server without measuring it. What goes wrong counts all the same. */
    Tally load(String what, String url, int clients, Plan plan) {
        try (var load = new Load(Request.server(URI.create(url)), clients, PATIENCE)) {
            return run(load, what, plan);
        } catch (IOException e) {
            throw unreachable(what, url, e);
        }
    }

    private Tally run(Load load, String what, Plan plan) throws IOException {
        var tally = load.run(plan);
        tally.faults().forEach((fault, times) -> faults.add("%s: %s, %,d times".formatted(what, fault, times)));
        return tally;
    }

    private Trouble unreachable(String what, String url, IOException e) {
        return new Trouble(
                "%s: %s does not take connections (%s)".formatted(what, url, e.getMessage()),
                "look at the logs in " + home.file("log"),
                e);
    }

    /** @param before is run first, over the same connections, and not measured */
    Measured measure(Measured.Kind kind, String url, int clients, @Nullable Double rate, Plan before, Plan plan) {
        var what = "%s, %d %s".formatted(kind.title(), clients, clients == 1 ? "client" : "clients");
        return terminal.during(what, () -> {
            if (kind == Measured.Kind.KEYSTONE) {
                return measured(kind, what, url, clients, rate, before, plan, null);
            }
            try (var jvm = jvm()) {
                return measured(kind, what, url, clients, rate, before, plan, jvm);
            }
        });
    }

    private Measured measured(
            Measured.Kind kind,
            String what,
            String url,
            int clients,
            @Nullable Double rate,
            Plan before,
            Plan plan,
            @Nullable DoorJvm jvm) {
        var keystone = keystone();
        var door = process();
        try (var load = new Load(Request.server(URI.create(url)), clients, PATIENCE)) {
            run(load, "before " + what, before);
            long allocated = jvm == null ? 0 : jvm.allocatedBytes();
            var used = Cpu.now(keystone, door);
            var tally = run(load, what, plan);
            var cpu = Cpu.now(keystone, door).since(used);
            return new Measured(kind, clients, rate, tally, cpu, jvm == null ? null : jvm.allocatedBytes() - allocated);
        } catch (IOException e) {
            throw unreachable(what, url, e);
        }
    }
}
