package lanyard.local.stack;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lanyard.local.terminal.Trouble;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/** The embedded PostgreSQL: its binaries unpacked into the home, its data beside them. */
final class Postgres {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String SUPERUSER = "postgres";

    private final Home home;
    private final Children children;
    private final Passwords passwords;
    private final Confinement confinement;

    Postgres(Home home, Children children, Passwords passwords, Confinement confinement) {
        this.home = home;
        this.children = children;
        this.passwords = passwords;
        this.confinement = confinement;
    }

    /** Starts the server unless it runs; returns its superuser's URL. */
    PostgresUrl start(Ports ports, Ledger ledger) throws IOException, InterruptedException {
        var password = passwords.of("POSTGRES_SUPERUSER");
        int port;
        if (children.alive(Parts.POSTGRES)) {
            port = ledger.port(Parts.POSTGRES).orElseThrow();
        } else {
            var binaries = unpack();
            var data = initialise(binaries, password);
            port = ports.choose(Parts.POSTGRES);
            children.start(
                    Parts.POSTGRES,
                    confinement.of(List.of(
                            binaries.resolve("bin/postgres").toString(),
                            "-D",
                            data.toString(),
                            "-c",
                            "listen_addresses=127.0.0.1",
                            "-c",
                            "port=" + port,
                            "-c",
                            "unix_socket_directories=",
                            "-c",
                            "max_connections=200")),
                    Map.of());
        }
        var url = new PostgresUrl("127.0.0.1", port, SUPERUSER, password, "postgres", "");
        return children.await(Parts.POSTGRES, LIMIT, () -> {
            try (var connection = url.connect()) {
                return connection.isValid(5) ? url : null;
            } catch (SQLException e) {
                if ("28P01".equals(e.getSQLState())) {
                    throw new Trouble(
                            "PostgreSQL refuses the home's own password", "start anew by ./lanyard down --purge", e);
                }
                throw e;
            }
        });
    }

    private Path unpack() throws IOException {
        var arm = System.getProperty("os.arch").equals("aarch64");
        var archive = arm ? "/postgres-linux-arm_64.txz" : "/postgres-linux-x86_64.txz";
        home.makeDirectory("postgres");
        var target = home.file("postgres/server");
        if (Files.isDirectory(target)) {
            return target;
        }
        // Unpacked under another name first, so that an interrupted unpacking is never taken for a complete one.
        var draft = home.file("postgres/server.draft");
        if (Files.exists(draft)) {
            Home.deleteTree(draft);
        }
        try (InputStream stream = Postgres.class.getResourceAsStream(archive)) {
            if (stream == null) {
                throw new Trouble(
                        "there are no binaries of PostgreSQL for " + System.getProperty("os.arch"),
                        "give a server by --postgres");
            }
            extract(stream, draft);
        }
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        return target;
    }

    private static void extract(InputStream stream, Path target) throws IOException {
        try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(stream)))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("an entry leaves the archive: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.resolveSibling("."));
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    if ((entry.getMode() & 0100) != 0) {
                        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                    }
                }
            }
        }
    }

    private Path initialise(Path binaries, String password) throws IOException, InterruptedException {
        var data = home.file("postgres/data");
        if (Files.exists(data.resolve("PG_VERSION")) && !Files.exists(home.file("postgres/initialising"))) {
            return data;
        }
        home.write("postgres/initialising", password);
        if (Files.exists(data)) {
            Home.deleteTree(data);
        }
        int exit = children.run(
                Parts.POSTGRES,
                confinement.of(List.of(
                        binaries.resolve("bin/initdb").toString(),
                        "--pgdata=" + data,
                        "--username=" + SUPERUSER,
                        "--pwfile=" + home.file("postgres/initialising"),
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C")),
                Map.of());
        if (exit != 0) {
            throw new Trouble(
                    "PostgreSQL's initdb failed (" + Logs.lastError(home.log(Parts.POSTGRES)) + ")",
                    "see " + home.log(Parts.POSTGRES));
        }
        Files.delete(home.file("postgres/initialising"));
        return data;
    }
}
