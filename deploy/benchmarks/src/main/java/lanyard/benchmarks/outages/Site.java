package lanyard.benchmarks.outages;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import lanyard.benchmarks.outages.KeystoneProxy.Mood;
import lanyard.benchmarks.outages.KeystoneProxy.Trap;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;

/** All that can be unplugged: the parts, and two replicas of each service, each with a Keystone of its own to all appearance. */
final class Site implements AutoCloseable {
    private static final Terminal SILENT =
            new Terminal(new PrintStream(OutputStream.nullOutputStream(), false), false, false, 80);

    private final Home home;
    private final Map<String, KeystoneProxy> proxies = new LinkedHashMap<>();
    private Launch how = Launch.production("256m").withJvm("-XX:+UseSerialGC").withJvm("-XX:TieredStopAtLevel=1");
    private Map<String, String> env;

    /** Starts everything. */
    Site(Home home, Terminal terminal) throws IOException {
        this.home = home;
        this.env = Stack.up(home, new UpOptions(), how, terminal);
        how = how.replicated();
        for (var part : how.services()) {
            var proxy = KeystoneProxy.start(variable("LANYARD_KEYSTONE_URL"));
            proxies.put(part, proxy);
            how = how.with(part, "LANYARD_KEYSTONE_URL", proxy.url());
        }
        how = how.with(Parts.replica(Parts.TOKEN_ISSUER, 2), "LANYARD_DOOR_URL", variable("LANYARD_DOOR_URL"));
        terminal.during("A second replica of each service", this::mend);
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

    /** The base URL of each replica of the door. */
    List<String> doors() {
        return List.of(variable("LANYARD_TOKEN_ISSUER_URL") + "/v3", variable("LANYARD_TOKEN_ISSUER_2_URL") + "/v3");
    }

    /** Starts whatever does not run. */
    void mend() {
        env = Stack.up(home, new UpOptions(), how, SILENT);
    }

    void kill(String part) {
        Stack.kill(home, part);
    }

    void stop(String part) {
        Stack.stop(home, part);
    }

    void standStill(String part) {
        Stack.standStill(home, part);
    }

    void goOn(String part) {
        Stack.goOn(home, part);
    }

    void keystoneIs(Mood mood) {
        proxies.values().forEach(proxy -> proxy.be(mood));
    }

    /**
     * Lets the replica of a service that makes the next call of this kind be killed: before Keystone hears of it, or when it was carried
     * out. The other one goes on.
     *
     * @return done when one was killed
     */
    CompletableFuture<Void> killAt(Outage.Deed.KillAt when) {
        var chosen = new AtomicBoolean();
        var killed = new CompletableFuture<Void>();
        for (var part : replicas(when.service())) {
            proxy(part).set(new Trap(when.method(), when.path(), when.done(), () -> {
                if (chosen.compareAndSet(false, true)) {
                    kill(part);
                    killed.complete(null);
                }
            }));
        }
        return killed;
    }

    private static List<String> replicas(String service) {
        return List.of(service, Parts.replica(service, 2));
    }

    private KeystoneProxy proxy(String part) {
        var proxy = proxies.get(part);
        if (proxy == null) {
            throw new IllegalArgumentException(part);
        }
        return proxy;
    }

    /** How many calls to Keystone were answered wrongly, or not. */
    long wrongAnswers() {
        return proxies.values().stream().mapToLong(KeystoneProxy::injected).sum();
    }

    @Override
    public void close() {
        proxies.values().forEach(KeystoneProxy::close);
    }
}
