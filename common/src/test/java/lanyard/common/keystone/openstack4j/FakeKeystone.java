package lanyard.common.keystone.openstack4j;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import lanyard.common.testing.HttpMessage;

/** What a Keystone does that the real one can't be made to do. Logins work, unless told otherwise. */
final class FakeKeystone implements AutoCloseable {
    /** How a request is answered. */
    enum Mode {
        /** 200 with {@link FakeKeystone#body}. */
        WELL,
        /** 503, in HTML, as a load balancer does. */
        UNAVAILABLE,
        THROTTLING,
        /** 401 as Keystone says it. */
        UNAUTHORIZED,
        /** 403, repeating what was sent in the message. */
        ECHOING_REFUSAL,
        /** 404 in HTML: some other server's. */
        NOT_FOUND_ELSEWHERE,
        /** 404 as Keystone says it. */
        NOT_FOUND,
        REDIRECT,
        /** 200 with a web page. */
        WEB_PAGE,
        /** An answer without end. */
        HUGE,
        /** Half an answer, then the connection ends. */
        TRUNCATED,
        /** The request is read, and nothing comes. */
        STALL,
        /** Half an answer, and nothing more. */
        STALL_HALFWAY,
        /** The connection ends without an answer. */
        HANG_UP,
        /** Not in HTTP. */
        BABBLE
    }

    volatile Mode mode = Mode.WELL;
    volatile Mode loginMode = Mode.WELL;
    /** What is answered when all is well. */
    volatile String body = "{}";
    /** What is answered to a login: a token for an hour. */
    volatile String loginBody =
            """
            {"token": {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2026-01-01T01:00:00.000000Z"}}""";
    /** What the tokens' ids begin with. */
    volatile String tokenId = "fake-token-";

    /** How many requests are answered by {@link Mode#HANG_UP} before {@link #mode} counts again. */
    final AtomicInteger hangUps = new AtomicInteger();

    /** How many requests are answered by {@link Mode#ECHOING_REFUSAL} before {@link #mode} counts again. */
    final AtomicInteger refusals = new AtomicInteger();

    final List<HttpMessage> requests = new CopyOnWriteArrayList<>();
    final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger tokens = new AtomicInteger();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ServerSocket door;

    FakeKeystone() {
        this(ServerSocketFactory.getDefault());
    }

    /** @param factory makes the listening socket: TLS or plain */
    FakeKeystone(ServerSocketFactory factory) {
        try {
            door = factory.createServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    int port() {
        return door.getLocalPort();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/v3";
    }

    List<HttpMessage> requestsButLogins() {
        return requests.stream().filter(request -> !request.isLogin()).toList();
    }

    long logins(String method) {
        return requests.stream()
                .filter(request -> request.isLogin() && request.body().contains("\"methods\":[\"" + method + "\"]"))
                .count();
    }

    /** Takes connections no more, and ends those that are open. */
    void turnOff() {
        close();
    }

    private void accept() {
        try {
            while (true) {
                var connection = door.accept();
                connections.add(connection);
                Thread.startVirtualThread(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var in = new BufferedInputStream(connection.getInputStream());
            for (var request = HttpMessage.read(in); request != null; request = HttpMessage.read(in)) {
                requests.add(request);
                mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                try {
                    if (!answer(request, connection.getOutputStream())) {
                        return;
                    }
                } finally {
                    atOnce.decrementAndGet();
                }
            }
        } catch (IOException e) {
            // The client hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(connection);
        }
    }

    /** Whether the connection can be used again. */
    private boolean answer(HttpMessage request, OutputStream out) throws IOException, InterruptedException {
        if (!request.isLogin() && hangUps.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            return false;
        }
        var refused = !request.isLogin() && refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        var how = refused ? Mode.ECHOING_REFUSAL : request.isLogin() ? loginMode : mode;
        switch (how) {
            case WELL -> {
                if (request.isLogin()) {
                    write(out, "201 Created\r\nX-Subject-Token: " + tokenId + tokens.incrementAndGet(), loginBody);
                } else {
                    // Long enough for calls to meet.
                    Thread.sleep(10);
                    write(out, "200 OK", body);
                }
            }
            case UNAVAILABLE -> write(out, "503 Service Unavailable", "<html>busy</html>");
            case THROTTLING -> write(out, "429 Too Many Requests", "slow down");
            case UNAUTHORIZED -> write(out, "401 Unauthorized", error(401, "Unauthorized"));
            case ECHOING_REFUSAL -> write(out, "403 Forbidden", error(403, request.headers() + request.body()));
            case NOT_FOUND_ELSEWHERE -> write(out, "404 Not Found", "<html>nothing here</html>");
            case NOT_FOUND -> write(out, "404 Not Found", error(404, "Could not find it"));
            case REDIRECT -> write(out, "302 Found\r\nLocation: " + url() + "/elsewhere", "");
            case WEB_PAGE -> write(out, "200 OK", "<html><body>Welcome</body></html>");
            case HUGE -> {
                out.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\""
                        .getBytes(StandardCharsets.UTF_8));
                var chunk = "x".repeat(65536).getBytes(StandardCharsets.UTF_8);
                while (true) {
                    out.write(chunk);
                }
            }
            case TRUNCATED -> {
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"users\": ["
                        .getBytes(StandardCharsets.UTF_8));
                return false;
            }
            case STALL -> closed.await();
            case STALL_HALFWAY -> {
                out.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"users\": ["
                        .getBytes(StandardCharsets.UTF_8));
                out.flush();
                closed.await();
            }
            case HANG_UP -> {
                return false;
            }
            case BABBLE -> {
                out.write("220 mail.example ESMTP\r\n".getBytes(StandardCharsets.UTF_8));
                return false;
            }
        }
        return true;
    }

    private static String error(int code, String message) {
        return BufferedAnswer.JSON
                .createObjectNode()
                .set(
                        "error",
                        BufferedAnswer.JSON.createObjectNode().put("code", code).put("message", message))
                .toString();
    }

    private static void write(OutputStream out, String status, String body) throws IOException {
        var length = body.getBytes(StandardCharsets.UTF_8).length;
        // In one piece, or the peer's delayed acknowledgement holds the second one back for 40 ms.
        out.write(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nx-openstack-request-id: req-"
                        + "0".repeat(36) + "\r\nContent-Length: " + length + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        try {
            closed.countDown();
            door.close();
            for (var connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
