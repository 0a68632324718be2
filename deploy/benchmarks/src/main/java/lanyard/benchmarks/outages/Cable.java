package lanyard.benchmarks.outages;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * The cable between a client and a server, which can be pulled out: nothing gets through in either direction then, connections stay
 * as they are, and nobody is told.
 */
public class Cable implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final ServerSocket socket;
    private final String host;
    private final int port;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch whole = new CountDownLatch(0);

    /** @param server {@code host:port} */
    public Cable(String server) {
        this.host = server.substring(0, server.indexOf(':'));
        this.port = Integer.parseInt(server.substring(server.indexOf(':') + 1));
        try {
            this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Where the client is to look for the server: {@code host:port}. */
    public final String address() {
        return "127.0.0.1:" + localPort();
    }

    final int localPort() {
        return socket.getLocalPort();
    }

    /** From now on nothing gets through. */
    public final void cut() {
        whole = new CountDownLatch(1);
    }

    /** The connections that were cut are lost, and new ones work again. */
    public final void mend() {
        ends.forEach(Cable::close);
        whole.countDown();
    }

    /** Returns when something may get through. */
    final void pass() {
        try {
            whole.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                var client = socket.accept();
                ends.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException e) {
            // The cable was taken away.
        }
    }

    private void connect(Socket client) {
        try {
            pass();
            var server = new Socket(host, port);
            ends.add(server);
            join(client, server);
        } catch (IOException e) {
            close(client);
            ends.remove(client);
        }
    }

    /** Carries whatever either says to the other. */
    void join(Socket client, Socket server) {
        Thread.ofVirtual().start(() -> carry(client, server, this::copy));
        carry(server, client, this::copy);
    }

    /** How it is done in one direction, until one of the two has gone. */
    interface Carrier {
        void carry(Socket from, Socket to) throws IOException;
    }

    final void carry(Socket from, Socket to, Carrier carrier) {
        try (from;
                to) {
            carrier.carry(from, to);
        } catch (IOException e) {
            // One of the two has gone, and so does the other.
        } finally {
            ends.remove(from);
            ends.remove(to);
        }
    }

    private void copy(Socket from, Socket to) throws IOException {
        var in = from.getInputStream();
        var out = to.getOutputStream();
        var buffer = new byte[BUFFER];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            pass();
            out.write(buffer, 0, read);
        }
    }

    private static void close(Socket end) {
        try {
            end.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public final void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        mend();
    }
}
