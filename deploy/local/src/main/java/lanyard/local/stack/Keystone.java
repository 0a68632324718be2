package lanyard.local.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanyard.local.bootstrap.Cloud;
import lanyard.local.bootstrap.PasswordFiles;
import lanyard.local.bootstrap.Policy;
import lanyard.local.bootstrap.Release;
import lanyard.local.bootstrap.Setup;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/** The embedded Keystone: Debian's code with a configuration, a database and keys of its own, under Debian's gunicorn. */
final class Keystone {
    private static final Duration LIMIT = Duration.ofSeconds(180);
    // Debian's own interpreter; another one may come first on the PATH, and has none of Debian's modules.
    private static final String PYTHON = "/usr/bin/python3";
    private static final String BOOTSTRAPPED = "keystone.bootstrapped";
    private static final String ROLES = "keystone.roles";
    private static final String POLICY = "keystone/policy.yaml";
    private static final String CLOUD_SET_UP = "keystone.cloud";
    private static final List<String> EXTRA_ROLES = List.of("load-balancer_member");

    /** What the stack's services find there, as on any cloud that {@code ./lanyard bootstrap-cloud} has prepared. */
    static final Cloud CLOUD = new Cloud(Services.DOMAIN, "Default", List.of("member", "load-balancer_member"));

    private final Home home;
    private final Children children;
    private final Passwords passwords;
    private final Confinement confinement;
    private final Ledger ledger;
    private final Terminal terminal;

    Keystone(
            Home home,
            Children children,
            Passwords passwords,
            Confinement confinement,
            Ledger ledger,
            Terminal terminal) {
        this.home = home;
        this.children = children;
        this.passwords = passwords;
        this.confinement = confinement;
        this.ledger = ledger;
        this.terminal = terminal;
    }

    /**
     * Starts it unless it runs; returns its administrator once the administrator can log in.
     *
     * @param quickHashes whether passwords are hashed as weakly as Keystone lets one choose
     */
    KeystoneAdmin start(Ports ports, PostgresUrl database, int memcached, boolean quickHashes)
            throws IOException, InterruptedException {
        boolean runs = children.alive(Parts.KEYSTONE);
        int port = runs ? ledger.port(Parts.KEYSTONE).orElseThrow() : ports.choose(Parts.KEYSTONE);
        var url = "http://127.0.0.1:" + port + "/v3";
        var admin = new KeystoneAdmin(url, "admin", passwords.of("KEYSTONE_ADMIN"), "admin", "Default", "Default");
        var setUp =
                "python3-keystone " + DebianPackages.version("python3-keystone").orElse("?") + " at " + url;
        boolean ready = ledger.note(BOOTSTRAPPED).filter(setUp::equals).isPresent();
        home.makeDirectory("keystone");
        // Keystone reads it again whenever it has changed.
        home.write(POLICY, new Policy(Release.BEFORE_DOMAIN_MANAGERS, CLOUD.profileRoles()).text());
        var configuration = configuration(database, memcached, quickHashes ? 4 : 12);
        if (!home.read("keystone/keystone.conf").equals(Optional.of(configuration))) {
            // A part that Keystone uses has moved; it reads its configuration only when it starts.
            children.stop(Parts.KEYSTONE);
            home.write("keystone/keystone.conf", configuration);
            runs = false;
        }
        if (!ready) {
            terminal.during("Keystone sets up its database and keys", this::setUp);
        }
        if (!runs) {
            startServer(port);
        }
        if (!ready) {
            // The server loads meanwhile; it wants its keys, but looks for nothing else before it is asked.
            terminal.during("Keystone makes its administrator", () -> bootstrap(url, database));
            ledger.note(BOOTSTRAPPED, setUp);
        }
        children.await(Parts.KEYSTONE, LIMIT, admin::apiVersion);
        if (!ledger.note(ROLES).filter(EXTRA_ROLES.toString()::equals).isPresent()) {
            var token = children.await(Parts.KEYSTONE, LIMIT, admin::login);
            for (var role : EXTRA_ROLES) {
                admin.ensureRole(token, role);
            }
            ledger.note(ROLES, EXTRA_ROLES.toString());
        }
        if (!ledger.note(CLOUD_SET_UP).filter(CLOUD.toString()::equals).isPresent()) {
            var keystone = new lanyard.local.keystone.Keystone(url);
            new Setup(CLOUD, keystone, keystone.login(admin.variables()), servicePasswords(home), call -> {})
                    .run(false, false);
            ledger.note(CLOUD_SET_UP, CLOUD.toString());
        }
        return admin;
    }

    static PasswordFiles servicePasswords(Home home) {
        return new PasswordFiles(home.file("service-passwords"));
    }

    private void startServer(int port) throws IOException {
        home.write(
                "keystone/gunicorn.conf.py",
                """
                wsgi_app = "keystone.server.wsgi:initialize_public_application()"
                bind = "127.0.0.1:%d"
                worker_class = "gthread"
                workers = 2
                threads = 8
                # Loads Keystone once and not in each worker, which halves the work of a start.
                preload_app = True
                keepalive = 60
                timeout = 120
                graceful_timeout = 3
                """
                        .formatted(port));
        children.start(
                Parts.KEYSTONE,
                confinement.of(List.of(PYTHON, "/usr/bin/gunicorn")),
                Map.of(
                        "OS_KEYSTONE_CONFIG_FILES",
                        home.file("keystone/keystone.conf").toString(),
                        // Not as arguments: Keystone reads the process's arguments as its own, and refuses these.
                        "GUNICORN_CMD_ARGS",
                        "--config='" + home.file("keystone/gunicorn.conf.py") + "'"));
    }

    private String configuration(PostgresUrl database, int memcached, int hashRounds) {
        return """
                [DEFAULT]
                use_stderr = true
                log_color = false
                [database]
                connection = %1$s
                [token]
                provider = fernet
                [fernet_tokens]
                key_repository = %2$s/fernet-keys
                [fernet_receipts]
                key_repository = %2$s/fernet-keys
                [credential]
                key_repository = %2$s/credential-keys
                [cache]
                enabled = true
                backend = dogpile.cache.memcached
                memcache_servers = 127.0.0.1:%3$d
                [identity]
                password_hash_rounds = %4$d
                [oslo_policy]
                policy_file = %5$s
                """
                .formatted(
                        database.complete().replaceFirst("^postgresql:", "postgresql+psycopg2:"),
                        home.file("keystone"),
                        memcached,
                        hashRounds,
                        home.file(POLICY));
    }

    /** Each step may be repeated, so a set-up that was interrupted is simply done again. */
    private void setUp() throws Exception {
        home.makeDirectory("keystone/fernet-keys");
        home.makeDirectory("keystone/credential-keys");
        try (var together = new Together()) {
            together.run(() -> manage(Map.of(), "db_sync"));
            if (!Files.exists(home.file("keystone/fernet-keys/0"))) {
                together.run(() -> manage(Map.of(), "fernet_setup"));
            }
            if (!Files.exists(home.file("keystone/credential-keys/0"))) {
                together.run(() -> manage(Map.of(), "credential_setup"));
            }
            together.await();
        }
    }

    private void bootstrap(String url, PostgresUrl database) throws IOException, InterruptedException {
        manage(
                Map.of("OS_BOOTSTRAP_PASSWORD", passwords.of("KEYSTONE_ADMIN")),
                "bootstrap",
                "--bootstrap-region-id=RegionOne",
                "--bootstrap-public-url=" + url,
                "--bootstrap-internal-url=" + url,
                "--bootstrap-admin-url=" + url);
        verify(url, database);
    }

    /** Asks the database, since {@code keystone-manage} may fail at its exit though it did its work. */
    private void verify(String url, PostgresUrl database) {
        try (var connection = database.connect();
                var statement = connection.prepareStatement("select count(*) from endpoint where url = ?")) {
            statement.setString(1, url);
            try (var rows = statement.executeQuery()) {
                if (rows.next() && rows.getInt(1) == 3 && Files.exists(home.file("keystone/fernet-keys/0"))) {
                    return;
                }
            }
        } catch (SQLException e) {
            throw unfinished(e);
        }
        throw unfinished(null);
    }

    private Trouble unfinished(@Nullable Exception cause) {
        var log = home.log(Parts.KEYSTONE + "-manage");
        return new Trouble("keystone-manage did not do its work (" + Logs.lastError(log) + ")", "see " + log, cause);
    }

    private int manage(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(
                List.of(PYTHON, "/usr/bin/keystone-manage", "--config-file=" + home.file("keystone/keystone.conf")));
        command.addAll(List.of(arguments));
        return children.run(Parts.KEYSTONE + "-manage", confinement.of(command), environment);
    }
}
