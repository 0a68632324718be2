package lanyard.local.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * All parts together: brings them up at the same time as far as they allow, and takes them down. Every step looks first at what is
 * there already, so that after a failure or a crash the same command simply carries on.
 */
public final class Stack {
    private final Home home;
    private final Terminal terminal;
    private final Ledger ledger;
    private final Children children;
    private final Passwords passwords;

    private Stack(Home home, Terminal terminal, Ledger ledger) {
        this.home = home;
        this.terminal = terminal;
        this.ledger = ledger;
        this.children = new Children(home, ledger);
        this.passwords = new Passwords(home);
    }

    /** As {@link #up(Home, UpOptions, Launch, Terminal)}, with services for a person who waits. */
    public static Map<String, String> up(Home home, UpOptions options, Terminal terminal) {
        return up(home, options, Launch.QUICK, terminal);
    }

    /** Brings the stack of a home up, whatever state it is in. Returns the variables that say where everything is. */
    public static Map<String, String> up(Home home, UpOptions options, Launch how, Terminal terminal) {
        var settings = options.settings(System.getenv()).in(home);
        var wantedPorts = options.ports();
        home.claim();
        try (var lock = HomeLock.take(home)) {
            var ledger = Ledger.open(home);
            ledger.save();
            return new Stack(home, terminal, ledger).bringUp(settings, options.partsOnly(), how, wantedPorts);
        }
    }

    /** Whether anything that was started from a home runs now. */
    public static boolean runs(Home home) {
        return Ledger.open(home).processes().values().stream().anyMatch(ProcessId::alive);
    }

    /** The process of a part; {@code null} if it does not run or is not the stack's own. */
    public static @Nullable ProcessHandle process(Home home, String part) {
        return Ledger.open(home)
                .process(part)
                .filter(ProcessId::alive)
                .flatMap(process -> ProcessHandle.of(process.pid()))
                .orElse(null);
    }

    /** Stops some parts and leaves the others; {@link #up(Home, UpOptions, Launch, Terminal)} starts them again. */
    public static void stop(Home home, String... parts) {
        try (var lock = HomeLock.take(home)) {
            var children = new Children(home, Ledger.open(home));
            for (var part : parts) {
                children.stop(part);
            }
        }
    }

    /** Ends parts as a power cut would, with whatever they were doing; they are started again as after {@link #stop}. */
    public static void kill(Home home, String... parts) {
        try (var lock = HomeLock.take(home)) {
            var children = new Children(home, Ledger.open(home));
            for (var part : parts) {
                children.abandon(part);
            }
        }
    }

    /** Has a part stand still, as one does that nobody can reach, until it is to {@link #goOn}. */
    public static void standStill(Home home, String part) {
        new Children(home, Ledger.open(home)).signal(part, "STOP");
    }

    /** Has a part that stands still go on. */
    public static void goOn(Home home, String part) {
        new Children(home, Ledger.open(home)).signal(part, "CONT");
    }

    /** Lets every write of a part fail that would make a file longer, as on a disk that is full, until it is started again. */
    public static void fillDisk(Home home, String part) {
        new Children(home, Ledger.open(home)).limitFiles(part);
    }

    private Map<String, String> bringUp(
            Settings settings, boolean partsOnly, Launch how, Map<String, Integer> wantedPorts) {
        refuseToMove(wantedPorts);
        boolean services = !partsOnly || Parts.SERVICES.stream().anyMatch(children::alive);
        var interrupted = new Thread(() -> {
            terminal.line("Stopping what was started.");
            children.stopStartedNow();
        });
        Runtime.getRuntime().addShutdownHook(interrupted);
        boolean done = false;
        try {
            var ports = new Ports(home, ledger, wantedPorts);
            var variables = startAll(settings, services, how, ports);
            home.writeEnv(variables);
            settings.remember(home);
            done = true;
            if (children.idle() && !ledger.processes().isEmpty()) {
                terminal.line("The stack was up already.");
            }
            return variables;
        } catch (RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted", "run ./lanyard up again", e);
        } catch (Exception e) {
            throw new Trouble(e.toString(), "run ./lanyard doctor; --verbose shows more", e);
        } finally {
            forget(interrupted);
            if (!done) {
                children.stopStartedNow();
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending, so the hook is at work already.
        }
    }

    /** A part that runs can't be given another port. */
    private void refuseToMove(Map<String, Integer> wantedPorts) {
        wantedPorts.forEach((name, port) -> {
            var part = name.equals("door") ? Parts.TOKEN_ISSUER : name;
            var now = ledger.port(name);
            if (children.alive(part) && now.isPresent() && !now.get().equals(port)) {
                throw new Trouble(part + " runs on port " + now.get(), "run ./lanyard down first");
            }
        });
    }

    private record Database(PostgresUrl owner, Databases databases, @Nullable PostgresUrl keystone) {}

    private Map<String, String> startAll(Settings settings, boolean services, Launch how, Ports ports)
            throws Exception {
        boolean ownKeystone = settings.keystone() == null;
        var confinement = ownKeystone || settings.postgres() == null ? Confinement.forThisUser() : Confinement.none();
        var keys = new Keys(home).ensure();
        try (var together = new Together()) {
            var packages = together.run(() -> ownKeystone && installPackages(services));
            var database = together.run(() -> database(settings, ports, confinement));
            var kafka = together.run(() -> kafka(settings, ports));
            var keystone = together.run(() -> keystone(settings, services, ports, confinement, packages, database));
            var urls = new LinkedHashMap<String, Future<Services.Address>>();
            if (services) {
                var starter = new Services(home, children, ports, ledger, how);
                for (var service : how.services()) {
                    urls.put(service, together.run(() -> {
                        var parts = database.get();
                        var given = new Services.Surroundings(
                                kafka.get(), parts.owner(), parts.databases(), keystone.get(), ownKeystone, keys);
                        return service(starter, service, given);
                    }));
                }
            }
            together.await();
            return variables(kafka.get(), database.get().owner(), keystone.get(), keys, urls);
        }
    }

    private boolean installPackages(boolean services) {
        // Parts without the services are there for the services' tests.
        var missing = services ? DebianPackages.missing() : DebianPackages.missingForTests();
        if (!missing.isEmpty()) {
            terminal.watched("Debian packages: " + String.join(" ", missing), progress -> {
                DebianPackages.install(missing, home.log("packages"), progress);
                return true;
            });
        }
        return true;
    }

    private Database database(Settings settings, Ports ports, Confinement confinement) {
        return terminal.during("PostgreSQL", () -> {
            var elsewhere = settings.postgres();
            var server = elsewhere != null
                    ? elsewhere
                    : new Postgres(home, children, passwords, confinement).start(ports, ledger);
            var databases = new Databases(server, elsewhere == null, passwords, ledger);
            return new Database(
                    databases.lanyard(), databases, settings.keystone() == null ? databases.keystone() : null);
        });
    }

    private String kafka(Settings settings, Ports ports) {
        return terminal.during("Kafka", () -> {
            var elsewhere = settings.kafka();
            if (elsewhere != null) {
                Kafka.reach(elsewhere);
                for (var topic : Kafka.createTopics(elsewhere)) {
                    ledger.madeElsewhere("topic " + topic + " in the Kafka at " + elsewhere);
                }
                return elsewhere;
            }
            var kafka = new Kafka(home, children);
            var address = kafka.start(ports, ledger);
            kafka.awaitReady(address);
            Kafka.createTopics(address);
            return address;
        });
    }

    private KeystoneAdmin keystone(
            Settings settings,
            boolean services,
            Ports ports,
            Confinement confinement,
            Future<Boolean> packages,
            Future<Database> database)
            throws Exception {
        var elsewhere = settings.keystone();
        if (elsewhere != null) {
            return terminal.during("Keystone", () -> {
                try {
                    elsewhere.login();
                } catch (IOException e) {
                    throw new Trouble(
                            "the Keystone at " + elsewhere.url() + " does not answer as it should (" + e + ")",
                            "check --keystone-url",
                            e);
                }
                ledger.madeElsewhere("domain " + Services.DOMAIN
                        + " with its users, if a service made it, in the Keystone at " + elsewhere.url());
                return elsewhere;
            });
        }
        packages.get();
        int memcached = terminal.during("memcached", () -> new Memcached(children, confinement).start(ports, ledger));
        var own = database.get().keystone();
        if (own == null) {
            throw new IllegalStateException("an embedded Keystone without a database");
        }
        return terminal.during("Keystone", () -> new Keystone(home, children, passwords, confinement, ledger, terminal)
                // The services' tests make thousands of users and logins, of which Keystone otherwise does little but
                // hash.
                .start(ports, own, memcached, !services));
    }

    private Services.Address service(Services starter, String service, Services.Surroundings given) {
        return terminal.during(service, () -> {
            var address = starter.start(service, given);
            starter.awaitReady(service, address);
            return address;
        });
    }

    private Map<String, String> variables(
            String kafka,
            PostgresUrl database,
            KeystoneAdmin keystone,
            Map<String, String> keys,
            Map<String, Future<Services.Address>> services)
            throws Exception {
        var variables = new LinkedHashMap<String, String>();
        variables.put("LANYARD_HOME", home.toString());
        variables.put("LANYARD_KAFKA", kafka);
        variables.put("LANYARD_POSTGRES", database.complete());
        variables.put("LANYARD_KEYSTONE_URL", keystone.url());
        for (var service : services.entrySet()) {
            var address = service.getValue().get();
            variables.put(urlVariable(service.getKey()), address.url());
            variables.put(healthVariable(service.getKey()), address.health());
            if (service.getKey().equals(Parts.TOKEN_ISSUER)) {
                variables.put("LANYARD_DOOR_URL", address.url() + "/v3");
            }
        }
        variables.put("LANYARD_DOMAIN", Services.DOMAIN);
        variables.putAll(new TreeMap<>(keys));
        variables.putAll(keystone.variables());
        return variables;
    }

    static String urlVariable(String service) {
        return variable(service, "URL");
    }

    /** Where a service's health and metrics are. */
    static String healthVariable(String service) {
        return variable(service, "HEALTH_URL");
    }

    private static String variable(String service, String what) {
        return "LANYARD_" + service.toUpperCase(Locale.ROOT).replace('-', '_') + "_" + what;
    }

    /**
     * Stops what runs from a home.
     *
     * @param purge whether to remove the home too
     */
    public static void down(Home home, boolean purge, Terminal terminal) {
        if (!home.exists()) {
            if (purge && Files.exists(home.directory())) {
                home.delete();
            }
            terminal.line("No stack has been started in " + home + ".");
            return;
        }
        try (var lock = HomeLock.take(home)) {
            var ledger = Ledger.open(home);
            new Stack(home, terminal, ledger).takeDown(purge);
            if (purge) {
                terminal.during("removing " + home, home::delete);
                var left = ledger.madeElsewhere();
                if (!left.isEmpty()) {
                    terminal.line("Left behind, since the parts are not this stack's own:");
                    left.forEach(terminal::detail);
                }
            }
        }
    }

    private void takeDown(boolean purge) {
        var parts = ledger.processes().keySet();
        // Those that use the others go first, so that none of them logs an outage that is none.
        var users = parts.stream().filter(Parts::isService).toList();
        var used = parts.stream().filter(part -> !Parts.isService(part)).toList();
        int stopped = stopAll(users, children::stop) + stopAll(used, purge ? children::abandon : children::stop);
        if (stopped == 0) {
            terminal.line("Nothing was running.");
        }
    }

    private int stopAll(List<String> parts, Predicate<String> stop) {
        try (var together = new Together()) {
            var stops = new ArrayList<Future<Boolean>>();
            for (var part : parts) {
                if (children.alive(part)) {
                    stops.add(together.run(() -> terminal.during("stopping " + part, () -> stop.test(part))));
                } else {
                    ledger.stopped(part);
                }
            }
            together.await();
            return stops.size();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new Trouble("not everything could be stopped (" + e + ")", "run ./lanyard down again", e);
        }
    }
}
