package lanyard.tokenissuer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One connection to the door, on which a test sends what it wants, byte for byte, from whatever loopback address it wants. */
final class Wire implements AutoCloseable {
    private static final AtomicInteger ADDRESSES = new AtomicInteger();
    private static final int TIMEOUT_MILLIS = 40_000;

    private final Socket socket;
    private final InputStream in;

    /** @param from the address that the door shall see */
    Wire(URI door, String from) {
        try {
            socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress(InetAddress.getByName(door.getHost()), door.getPort()));
            socket.setSoTimeout(TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An address that nobody has called from yet, so that it has its whole budget. */
    static String freshAddress() {
        var next = ADDRESSES.incrementAndGet();
        return "127.1.%d.%d".formatted(next / 250, 1 + next % 250);
    }

    /** What was answered; names of headers in any case. */
    record Answer(int status, Map<String, String> headers, String body) {
        String token() {
            return Objects.requireNonNull(headers.get("X-Subject-Token"), "an answer without a token: " + status);
        }
    }

    /** One login on a connection of its own. */
    static Answer login(URI door, String from, String body) {
        return exchange(door, from, post(body));
    }

    /** One request on a connection of its own. */
    static Answer exchange(URI door, String from, String request) {
        try (var wire = new Wire(door, from)) {
            return wire.send(request).answer(request.startsWith("HEAD "));
        }
    }

    /** The bytes of a login. */
    static String post(String body, String... headers) {
        return "POST /v3/auth/tokens HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
                .formatted(lines(headers), body.getBytes(StandardCharsets.UTF_8).length, body);
    }

    /** The bytes of a request without a body. */
    static String request(String method, String path, String... headers) {
        return "%s %s HTTP/1.1\r\nHost: door\r\n%s\r\n".formatted(method, path, lines(headers));
    }

    private static String lines(String... headers) {
        return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    }

    Wire send(String bytes) {
        try {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next answer, which must come. */
    Answer answer(boolean head) {
        return Objects.requireNonNull(next(head), "the door has hung up");
    }

    /** The next answer; {@code null} if the door has hung up. */
    @Nullable
    Answer next(boolean head) {
        try {
            var status = line();
            if (status == null) {
                return null;
            }
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            for (var line = line(); line != null && !line.isEmpty(); line = line()) {
                var colon = line.indexOf(':');
                headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
            var length = head ? 0 : Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
            return new Answer(
                    Integer.parseInt(status.split(" ")[1]),
                    headers,
                    new String(in.readNBytes(length), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return null;
        }
    }

    private @Nullable String line() throws IOException {
        var line = new StringBuilder();
        for (var next = in.read(); next >= 0; next = in.read()) {
            if (next == '\n') {
                return line.toString().strip();
            }
            line.append((char) next);
        }
        return null;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
