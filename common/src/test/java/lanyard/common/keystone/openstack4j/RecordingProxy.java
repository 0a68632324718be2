package lanyard.common.keystone.openstack4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** Stands between the adapter and the real Keystone, and remembers each connection and every byte on it. */
final class RecordingProxy implements AutoCloseable {
    private final ServerSocket door;
    private final URI upstream;
    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    private record Connection(Socket client, ByteArrayOutputStream sent, ByteArrayOutputStream received) {}

    RecordingProxy(String url) {
        upstream = URI.create(url);
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    /** Keystone's URL by way of this proxy. */
    String url() {
        return "http://127.0.0.1:" + door.getLocalPort() + upstream.getPath();
    }

    int connections() {
        return connections.size();
    }

    /** Everything that was sent to Keystone. */
    String sent() {
        return join(connections.stream().map(Connection::sent).toList());
    }

    /** Everything that Keystone answered. */
    String received() {
        return join(connections.stream().map(Connection::received).toList());
    }

    long requests() {
        return count("(?m)^[A-Z]+ \\S+ HTTP/1.1\\r$");
    }

    long passwordLogins() {
        return count("\"methods\":\\[\"password\"\\]");
    }

    long exchanges() {
        return count("\"methods\":\\[\"token\"\\]");
    }

    /** The token of the last request that had one. */
    String lastToken() {
        return Pattern.compile("(?im)^X-Auth-Token: (\\S+)")
                .matcher(sent())
                .results()
                .map(match -> match.group(1))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    /** The token that was last given for another. */
    String lastExchanged() {
        return Pattern.compile("\"token\":\\{\"id\":\"([^\"]+)\"")
                .matcher(sent())
                .results()
                .map(match -> match.group(1))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private long count(String regex) {
        return Pattern.compile(regex).matcher(sent()).results().count();
    }

    private static String join(List<ByteArrayOutputStream> streams) {
        var all = new StringBuilder();
        streams.forEach(stream -> all.append(stream.toString(StandardCharsets.UTF_8)));
        return all.toString();
    }

    private void accept() {
        try {
            while (true) {
                var client = door.accept();
                var server = new Socket(upstream.getHost(), upstream.getPort());
                var connection = new Connection(client, new ByteArrayOutputStream(), new ByteArrayOutputStream());
                connections.add(connection);
                Thread.startVirtualThread(() -> pump(client, server, connection.sent()));
                Thread.startVirtualThread(() -> pump(server, client, connection.received()));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private static void pump(Socket from, Socket to, ByteArrayOutputStream record) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[8192];
            for (var length = in.read(buffer); length > 0; length = in.read(buffer)) {
                record.write(buffer, 0, length);
                out.write(buffer, 0, length);
            }
        } catch (IOException e) {
            // One side is gone, and with it the other.
        }
    }

    @Override
    public void close() {
        try {
            door.close();
            for (var connection : connections) {
                connection.client().close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
