package lanyard.provisioner;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lanyard.common.testing.RealParts;

/**
 * Stands between the application and the real Keystone and can be switched off: then it closes every connection, as a Keystone
 * does that is being restarted.
 */
public final class KeystoneSwitch implements QuarkusTestResourceLifecycleManager {
    // The application, its test and this resource may be in different class loaders; a system property is in none.
    private static final String OFF = "test.keystone-is-off";

    private final URI keystone = URI.create(RealParts.environment("LANYARD_KEYSTONE_URL"));
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private ServerSocket door;

    static void off() {
        System.setProperty(OFF, "true");
    }

    static void on() {
        System.clearProperty(OFF);
    }

    /** Its setting must win over that of {@link RealParts}. */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        on();
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
        return Map.of(
                "lanyard.keystone.url", "http://127.0.0.1:%d%s".formatted(door.getLocalPort(), keystone.getPath()));
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var client = door.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException e) {
                // Stopped, or the client is gone already.
            }
        }
    }

    private void connect(Socket client) {
        try (client;
                var server = new Socket(keystone.getHost(), keystone.getPort())) {
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

    /** Bytes from one side to the other, until one of them ends or the switch is off. */
    private static void pump(Socket from, Socket to) {
        var buffer = new byte[8192];
        try (from;
                to) {
            for (int n = from.getInputStream().read(buffer);
                    n >= 0 && !Boolean.getBoolean(OFF);
                    n = from.getInputStream().read(buffer)) {
                to.getOutputStream().write(buffer, 0, n);
            }
        } catch (IOException e) {
            // As when it ends.
        }
    }

    @Override
    public void stop() {
        try {
            door.close();
            for (var socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
