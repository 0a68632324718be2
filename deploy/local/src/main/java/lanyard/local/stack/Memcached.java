package lanyard.local.stack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The embedded memcached, without which each call to Keystone takes ten times as long. */
final class Memcached {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Children children;
    private final Confinement confinement;

    Memcached(Children children, Confinement confinement) {
        this.children = children;
        this.confinement = confinement;
    }

    /** Starts it unless it runs; returns its port. */
    int start(Ports ports, Ledger ledger) throws IOException, InterruptedException {
        if (children.alive(Parts.MEMCACHED)) {
            return ledger.port(Parts.MEMCACHED).orElseThrow();
        }
        int port = ports.choose(Parts.MEMCACHED);
        children.start(
                Parts.MEMCACHED,
                confinement.of(List.of(
                        "memcached",
                        "-l",
                        "127.0.0.1",
                        "-p",
                        String.valueOf(port),
                        "-U",
                        "0",
                        "-m",
                        "64",
                        "-c",
                        "1024")),
                Map.of());
        children.await(Parts.MEMCACHED, LIMIT, () -> version(port));
        return port;
    }

    static String version(int port) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 2000);
            socket.setSoTimeout(2000);
            socket.getOutputStream().write("version\r\n".getBytes(StandardCharsets.US_ASCII));
            var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            var line = reader.readLine();
            if (line == null || !line.startsWith("VERSION ")) {
                throw new IOException("memcached does not answer as it should");
            }
            return line.substring("VERSION ".length());
        }
    }
}
