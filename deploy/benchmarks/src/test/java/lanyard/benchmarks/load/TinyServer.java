package lanyard.benchmarks.load;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Answers the n-th request with the n-th answer, to the byte; an empty one closes the connection. */
final class TinyServer implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final IntFunction<String> answers;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();

    TinyServer(IntFunction<String> answers) throws IOException {
        this.answers = answers;
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    var socket = server.accept();
                    connections.incrementAndGet();
                    Thread.ofVirtual().start(() -> serve(socket));
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    static String answer(String status, String headers, String body) {
        return "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s".formatted(status, headers, body.length(), body);
    }

    static String token(String body) {
        return answer("201 Created", "Vary: X-Auth-Token\r\nx-subject-token: gAAAA\r\n", body);
    }

    private void serve(Socket socket) {
        try (socket) {
            // Else the second piece waits for the client to acknowledge the first.
            socket.setTcpNoDelay(true);
            var in = new BufferedInputStream(socket.getInputStream());
            while (readRequest(in)) {
                var answer = answers.apply(requests.getAndIncrement()).getBytes(StandardCharsets.US_ASCII);
                if (answer.length == 0) {
                    return;
                }
                // In two pieces, so that an answer does not always come at once.
                socket.getOutputStream().write(answer, 0, answer.length / 2);
                socket.getOutputStream().flush();
                socket.getOutputStream().write(answer, answer.length / 2, answer.length - answer.length / 2);
                socket.getOutputStream().flush();
                if (new String(answer, StandardCharsets.US_ASCII).contains("Connection: close")) {
                    return;
                }
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static boolean readRequest(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            head.write(next);
        }
        var length = head.toString(StandardCharsets.US_ASCII).replaceAll("(?s).*Content-Length: ([0-9]+).*", "$1");
        return in.readNBytes(Integer.parseInt(length)).length == Integer.parseInt(length);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
    }

    int requests() {
        return requests.get();
    }

    int connections() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
