package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.LoggedProcess;
import lanyard.common.testing.RealParts;

/**
 * A real PostgreSQL that lets in nobody but by TLS, with a database and a schema for each service; it is one more server out of the stack's
 * binaries. It can show another certificate, or have no TLS at all: nobody who is connected notices, but whoever comes afterwards.
 */
final class SecuredDatabase implements AutoCloseable {
    /** Is of the authority, and of the names by which the server is reached. */
    static final String ITS_OWN = "its-own";

    /** Is of another authority, and of the same names. */
    static final String OF_ANOTHER_AUTHORITY = "of-another-authority";

    /** Is of the authority, and of another name. */
    static final String OF_ANOTHER_HOST = "of-another-host";

    private static final String SUPERUSER = "postgres";
    private static final String NAMES = "IP:127.0.0.1,DNS:localhost";
    private static final Path BINARIES = Path.of(RealParts.environment("LANYARD_HOME"), "postgres", "server", "bin");

    private final String password = UUID.randomUUID().toString();
    private final int port = FreePort.find();
    private final Path directory;
    private final Process process;

    SecuredDatabase() {
        try {
            directory = Files.createTempDirectory(Path.of("target"), "secured-database")
                    .toAbsolutePath();
            var certificates = new Certificates(directory);
            certificates.makeAuthority("authority");
            certificates.makeAuthority("another-authority");
            certificates.make(ITS_OWN, "authority", NAMES);
            certificates.make(OF_ANOTHER_AUTHORITY, "another-authority", NAMES);
            certificates.make(OF_ANOTHER_HOST, "authority", "DNS:database.example.org");
            initialise();
            lay(ITS_OWN);
            letIn("hostssl");
            process = start(
                    "postgres",
                    "-D",
                    data().toString(),
                    "-c",
                    "port=" + port,
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "unix_socket_directories=");
            await("PostgreSQL, see " + log())
                    .atMost(Duration.ofMinutes(1))
                    .failFast("it has died", () -> !process.isAlive())
                    .ignoreExceptions()
                    .until(() -> column("postgres", "select 1").equals(List.of("1")));
            column("postgres", "create database lanyard");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void initialise() throws IOException, InterruptedException {
        var file = Files.writeString(directory.resolve("password"), password);
        var made = start(
                "initdb",
                "--pgdata=" + data(),
                "--username=" + SUPERUSER,
                "--pwfile=" + file,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C");
        if (made.waitFor() != 0) {
            throw new IllegalStateException("initdb failed, see " + log());
        }
        Files.writeString(data().resolve("postgresql.auto.conf"), "ssl = on\n");
    }

    /** Makes that service a role with a schema here, and tells it of them. */
    void serve(ServiceProcess service, String host) {
        var role = service.name().replace('-', '_');
        var own = UUID.randomUUID().toString();
        column(
                "lanyard",
                "create role %1$s login password '%2$s'; create schema %1$s authorization %1$s".formatted(role, own));
        service.set("lanyard.database.url", "postgresql://%s:%d/lanyard".formatted(host, port))
                .set("lanyard.database.username", role)
                .set("lanyard.database.password", own)
                .set("lanyard.database.ca-certificate", authority().toString());
    }

    /** The certificate of the authority that an operator trusts. */
    Path authority() {
        return directory.resolve("authority.crt");
    }

    /** Shows this certificate from now on, and ends the sessions that began by another. */
    void show(String certificate) {
        lay(certificate);
        begin("alter system set ssl = on", "hostssl");
    }

    /** Has no TLS from now on, and lets in without. */
    void showNone() {
        begin("alter system set ssl = off", "host");
    }

    private void begin(String ssl, String lettingIn) {
        letIn(lettingIn);
        column("lanyard", ssl);
        var loaded = column("lanyard", "select pg_conf_load_time()");
        column("lanyard", "select pg_reload_conf()");
        await().until(() -> !column("lanyard", "select pg_conf_load_time()").equals(loaded));
        endSessions();
    }

    /** Ends all sessions of the services. */
    void endSessions() {
        column(
                "lanyard",
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usesysid > 10");
    }

    /** For each session of that service whether it is by TLS, as PostgreSQL writes it. */
    List<String> sessions(ServiceProcess service) {
        return sessions(service, "");
    }

    /** The same of those sessions alone by which others see that a replica lives. */
    List<String> lifelines(ServiceProcess service) {
        return sessions(
                service, " join (select distinct pid from pg_locks where locktype = 'advisory') held using (pid)");
    }

    private List<String> sessions(ServiceProcess service, String more) {
        return column(
                "lanyard",
                "select ssl from pg_stat_ssl join pg_stat_activity using (pid)%s where usename = '%s'"
                        .formatted(more, service.setting("lanyard.database.username")));
    }

    private List<String> column(String database, String sql) {
        try (var connection = connect(database);
                var statement = connection.createStatement()) {
            var values = new ArrayList<String>();
            if (statement.execute(sql)) {
                try (var rows = statement.getResultSet()) {
                    while (rows.next()) {
                        values.add(rows.getString(1));
                    }
                }
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%d/%s?sslmode=prefer".formatted(port, database), SUPERUSER, password);
    }

    private void letIn(String how) {
        try {
            Files.writeString(data().resolve("pg_hba.conf"), how + " all all 127.0.0.1/32 scram-sha-256\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void lay(String certificate) {
        Stream.of(".crt", ".key").forEach(end -> {
            try {
                Files.copy(
                        directory.resolve(certificate + end),
                        data().resolve("server" + end),
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.COPY_ATTRIBUTES);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** It does not run as root: what of root's remains is a user without any rights, whose own these files are. */
    private Process start(String program, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "--user", "--map-user=65534", "--map-group=65534"));
        }
        command.add(BINARIES.resolve(program).toString());
        command.addAll(List.of(arguments));
        return run(command);
    }

    private Process run(List<String> command) throws IOException {
        return LoggedProcess.of(directory, log(), command).start();
    }

    private Path data() {
        return directory.resolve("data");
    }

    private Path log() {
        return directory.resolve("log");
    }

    @Override
    public void close() {
        ServiceProcess.end(process, 20);
    }
}
