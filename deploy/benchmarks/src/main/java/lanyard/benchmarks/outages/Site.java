package lanyard.benchmarks.outages;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import lanyard.benchmarks.outages.KeystoneProxy.Mood;
import lanyard.benchmarks.outages.KeystoneProxy.Trap;
import lanyard.local.keystone.Keystone;
import lanyard.local.stack.Home;
import lanyard.local.stack.Launch;
import lanyard.local.stack.Parts;
import lanyard.local.stack.PostgresUrl;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;

/**
 * All that can be unplugged: the parts, and two replicas of each service, each of which has cables of its own to the parts, and a
 * Keystone of its own to all appearance.
 */
final class Site implements AutoCloseable {
    private static final Terminal SILENT =
            new Terminal(new PrintStream(OutputStream.nullOutputStream(), false), false, false, 80);

    private static final String BACKUP = "lanyard_backup";

    private final Home home;
    private final Map<String, KeystoneProxy> proxies = new LinkedHashMap<>();
    private final Map<String, Cable> kafkaCables = new LinkedHashMap<>();
    private final Map<String, Cable> databaseCables = new LinkedHashMap<>();
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
            var toKafka = new BrokerCable(variable("LANYARD_KAFKA"));
            kafkaCables.put(part, toKafka);
            var database = database();
            var toDatabase = new Cable(database.server());
            databaseCables.put(part, toDatabase);
            how = how.with(part, "LANYARD_KEYSTONE_URL", proxy.url())
                    .with(part, "LANYARD_KAFKA", toKafka.address())
                    .with(
                            part,
                            "LANYARD_DATABASE_URL",
                            "postgresql://" + toDatabase.address() + "/" + database.database());
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

    void fillDisk(String part) {
        Stack.fillDisk(home, part);
    }

    /** Cuts one replica of a service off from a part. The other one goes on. */
    void cutOff(String service, String part) {
        switch (part) {
            case Parts.KAFKA -> of(kafkaCables, service).cut();
            case Parts.POSTGRES -> of(databaseCables, service).cut();
            case Parts.KEYSTONE -> of(proxies, service).be(Mood.CUT);
            default -> throw new IllegalArgumentException(part);
        }
    }

    /** Mends what was cut. */
    void reconnect() {
        kafkaCables.values().forEach(Cable::mend);
        databaseCables.values().forEach(Cable::mend);
        keystoneIs(Mood.WELL);
    }

    /** Copies Lanyard's database as it is at this moment. */
    void backUp() {
        withoutServices("drop database if exists " + BACKUP, "create database " + BACKUP + " template " + lanyard());
    }

    /** Sets Lanyard's database back to what it was when it was backed up. */
    void restore() {
        withoutServices("drop database " + lanyard(), "alter database " + BACKUP + " rename to " + lanyard());
    }

    /** A database can be copied and replaced only while nobody uses it. */
    private void withoutServices(String... statements) {
        how.services().forEach(this::stop);
        try (var connection = database().in("postgres").connect();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new Trouble(
                    "the database can't be copied or replaced (" + e.getMessage() + ")", "see who still uses it", e);
        }
        mend();
    }

    /** What the services have still to do, a line for each row that is not at rest, with why it is not. */
    List<String> unfinished() {
        var lines = new ArrayList<String>();
        try (var connection = database().connect();
                var statement = connection.createStatement()) {
            for (var service : Parts.SERVICES) {
                var rows = statement.executeQuery(
                        "select cluster, phase, attempts, coalesce(why, 'no attempt has failed') from %s.cluster where due_at is not null"
                                .formatted(Parts.role(service)));
                while (rows.next()) {
                    lines.add("%s is not done with cluster %s (%s), attempt %d: %s"
                            .formatted(
                                    service, rows.getString(1), rows.getString(2), rows.getInt(3), rows.getString(4)));
                }
            }
        } catch (SQLException e) {
            lines.add("what the services have still to do can't be read: " + e.getMessage());
        }
        return lines;
    }

    /** Lanyard's database, as its owner. */
    private PostgresUrl database() {
        return PostgresUrl.parse(variable("LANYARD_POSTGRES"));
    }

    private String lanyard() {
        return database().database();
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
            of(proxies, part).set(new Trap(when.method(), when.path(), when.done(), () -> {
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

    private static <T> T of(Map<String, T> replicas, String part) {
        var one = replicas.get(part);
        if (one == null) {
            throw new IllegalArgumentException(part);
        }
        return one;
    }

    /** Keystone, as its administrator. A long run needs more than one token. */
    Keystone.Caller admin() {
        return new Keystone(variable("LANYARD_KEYSTONE_URL")).login(env);
    }

    /** How many calls to Keystone were answered wrongly, or not. */
    long wrongAnswers() {
        return proxies.values().stream().mapToLong(KeystoneProxy::injected).sum();
    }

    @Override
    public void close() {
        proxies.values().forEach(KeystoneProxy::close);
        kafkaCables.values().forEach(Cable::close);
        databaseCables.values().forEach(Cable::close);
    }
}
