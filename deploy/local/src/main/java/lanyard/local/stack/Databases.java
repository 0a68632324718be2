package lanyard.local.stack;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import lanyard.local.terminal.Trouble;

/**
 * The databases, roles and schemas of a stack. Each service has a role and a schema of the same name and sees no other; the
 * database's owner is a member of them all and so can look everywhere.
 */
final class Databases {
    static final String LANYARD = "lanyard";

    private final PostgresUrl administrator;
    private final boolean ours;
    private final Passwords passwords;
    private final Ledger ledger;

    /** @param ours whether the server is embedded, and belongs to nobody else */
    Databases(PostgresUrl administrator, boolean ours, Passwords passwords, Ledger ledger) {
        this.administrator = administrator;
        this.ours = ours;
        this.passwords = passwords;
        this.ledger = ledger;
    }

    /** Lanyard's database with its roles and schemas; returns the owner's URL. */
    PostgresUrl lanyard() {
        try (var connection = administrator.connect();
                var statement = connection.createStatement()) {
            role(connection, statement, LANYARD, ours ? "createdb createrole" : "");
            for (var service : Parts.SERVICES) {
                role(connection, statement, Parts.role(service), "");
                statement.execute("grant " + Parts.role(service) + " to " + LANYARD);
            }
            database(connection, statement, LANYARD);
        } catch (SQLException e) {
            throw trouble(e);
        }
        var owner = administrator.as(LANYARD, password(LANYARD)).in(LANYARD);
        try (var connection = owner.connect();
                var statement = connection.createStatement()) {
            for (var service : Parts.SERVICES) {
                var role = Parts.role(service);
                statement.execute("create schema if not exists " + role + " authorization " + role);
            }
        } catch (SQLException e) {
            throw trouble(e);
        }
        return owner;
    }

    /** The embedded Keystone's own database; returns its owner's URL. */
    PostgresUrl keystone() {
        try (var connection = administrator.connect();
                var statement = connection.createStatement()) {
            role(connection, statement, Parts.KEYSTONE, "");
            database(connection, statement, Parts.KEYSTONE);
        } catch (SQLException e) {
            throw trouble(e);
        }
        return administrator.as(Parts.KEYSTONE, password(Parts.KEYSTONE)).in(Parts.KEYSTONE);
    }

    String password(String role) {
        return passwords.of("POSTGRES_" + role.toUpperCase(Locale.ROOT));
    }

    private void role(Connection connection, Statement statement, String name, String powers) throws SQLException {
        var made = "role " + name + " in the PostgreSQL at " + administrator.server();
        boolean exists = exists(connection, "select 1 from pg_roles where rolname = ?", name);
        if (exists && !ours && !ledger.madeElsewhere().contains(made)) {
            // It may be in another stack's use, or own what another key ring sealed.
            throw new Trouble(
                    "the PostgreSQL at " + administrator.server() + " has a role " + name
                            + " that this home did not make",
                    "use another server, or drop what an earlier stack left there");
        }
        if (!exists) {
            if (!ours) {
                ledger.madeElsewhere(made);
            }
            statement.execute("create role " + name);
            if (!ours) {
                // Only a superuser, or a member of the role, may make things that belong to it.
                statement.execute("grant " + name + " to current_user");
            }
        }
        statement.execute("alter role " + name + " login " + powers + " password '" + password(name) + "'");
    }

    private void database(Connection connection, Statement statement, String name) throws SQLException {
        if (!exists(connection, "select 1 from pg_database where datname = ?", name)) {
            if (!ours) {
                ledger.madeElsewhere("database " + name + " in the PostgreSQL at " + administrator.server());
            }
            statement.execute("create database " + name + " owner " + name + " template template0 encoding 'UTF8'");
        }
    }

    private static boolean exists(Connection connection, String query, String name) throws SQLException {
        try (var statement = connection.prepareStatement(query)) {
            statement.setString(1, name);
            try (var rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private Trouble trouble(SQLException e) {
        return new Trouble(
                "the PostgreSQL at " + administrator.server() + " refused (" + e.getMessage() + ")",
                "its user needs the right to log in and to create roles and databases",
                e);
    }
}
