package lanyard.local.stack;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import lanyard.local.terminal.Trouble;

/**
 * Where a database is and as whom to go there, as {@code postgresql://user:password@host:port/database?parameters}.
 *
 * @param query connection parameters such as {@code sslmode=require}, or empty
 */
public record PostgresUrl(String host, int port, String user, String password, String database, String query) {
    /** Reads such a URL; {@link Trouble}, which does not repeat it, if it is none, or names no host or user. */
    public static PostgresUrl parse(String text) {
        try {
            var uri = new URI(text);
            var scheme = uri.getScheme();
            var userInfo = uri.getRawUserInfo();
            var host = uri.getHost();
            if (host == null || userInfo == null || !("postgresql".equals(scheme) || "postgres".equals(scheme))) {
                throw unusable();
            }
            var colon = userInfo.indexOf(':');
            var path = uri.getRawPath();
            return new PostgresUrl(
                    host,
                    uri.getPort() < 0 ? 5432 : uri.getPort(),
                    decode(colon < 0 ? userInfo : userInfo.substring(0, colon)),
                    colon < 0 ? "" : decode(userInfo.substring(colon + 1)),
                    path == null || path.length() < 2 ? "postgres" : decode(path.substring(1)),
                    uri.getRawQuery() == null ? "" : uri.getRawQuery());
        } catch (URISyntaxException e) {
            throw unusable();
        }
    }

    /** Does not repeat the text, nor an exception that does: it has a password in it. */
    private static Trouble unusable() {
        return new Trouble(
                "the URL of PostgreSQL is not usable", "write it as postgresql://user:password@host:port/database");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    PostgresUrl as(String otherUser, String otherPassword) {
        return new PostgresUrl(host, port, otherUser, otherPassword, database, query);
    }

    /** Another database of the same server, as the same user. */
    public PostgresUrl in(String otherDatabase) {
        return new PostgresUrl(host, port, user, password, otherDatabase, query);
    }

    /** Everything, the password too. */
    String complete() {
        return "postgresql://" + encode(user) + ":" + encode(password) + "@" + address();
    }

    /** Without user and password. */
    String withoutUser() {
        return "postgresql://" + address();
    }

    private String address() {
        return server() + "/" + encode(database) + (query.isEmpty() ? "" : "?" + query);
    }

    /** Host and port. */
    public String server() {
        return host + ":" + port;
    }

    /** Connects; a statement that takes longer than a minute breaks the connection. */
    public Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "60");
        properties.setProperty("ApplicationName", "lanyard");
        return DriverManager.getConnection("jdbc:" + withoutUser(), properties);
    }

    @Override
    public String toString() {
        return withoutUser();
    }
}
