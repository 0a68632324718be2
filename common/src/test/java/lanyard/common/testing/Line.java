package lanyard.common.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A line from the application to a server, which a test can cut or silence.
 *
 * <p>The application, its test and whoever holds the line may be in different class loaders; what the line does is in a system property,
 * which is in none.
 */
public final class Line implements AutoCloseable {
    private final String property;
    private final String host;
    private final int serverPort;
    private final ServerSocket end;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** What a line does. */
    public enum State {
        WELL,
        /** Whoever calls is hung up on, as by a server that is being restarted. */
        CUT,
        /** Whoever calls waits for ever. */
        SILENT
    }

    /** @param property the system property that says what the line does */
    public Line(String property, String host, int serverPort) {
        this.property = property;
        this.host = host;
        this.serverPort = serverPort;
        try {
            end = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public static void set(String property, State now) {
        System.setProperty(property, now.name());
    }

    /** The application's end of it. */
    public int port() {
        return end.getLocalPort();
    }

    private boolean is(State now) {
        return now.name().equals(System.getProperty(property));
    }

    private void accept() {
        while (!end.isClosed()) {
            try {
                var client = end.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // Stopped, or the client is gone already.
            }
        }
    }

    private void connect(Socket client) {
        try (client;
                var server = new Socket(host, serverPort)) {
            open.add(server);
            var back = Thread.ofVirtual().start(() -> pump(server, client));
            pump(client, server);
            back.join();
            open.remove(server);
        } catch (IOException e) {
            // Either side is gone, and the other is closed with it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        open.remove(client);
    }

    /** Bytes from one side to the other, until one of them ends or the line is cut; none while it is silent. */
    private void pump(Socket from, Socket to) {
        var buffer = new byte[8192];
        try (from;
                to) {
            for (int n = from.getInputStream().read(buffer);
                    n >= 0 && !is(State.CUT);
                    n = from.getInputStream().read(buffer)) {
                if (!is(State.SILENT)) {
                    to.getOutputStream().write(buffer, 0, n);
                }
            }
        } catch (IOException e) {
            // As when it ends.
        }
    }

    @Override
    public void close() {
        try {
            end.close();
            for (var socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.clearProperty(property);
    }
}
