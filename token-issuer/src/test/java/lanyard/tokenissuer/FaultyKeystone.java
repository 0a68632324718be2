package lanyard.tokenissuer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Metrics;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import lanyard.common.testing.HttpMessage;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;
import org.jspecify.annotations.Nullable;

/** Stands in front of the real Keystone, counts what comes, and fails as it is told to. */
final class FaultyKeystone implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern TRUST = Pattern.compile("\"OS-TRUST:trust\":\\{\"id\":\"([^\"]+)\"");
    private static final Duration SHIFT = Duration.ofHours(5);

    /** How a request is answered. */
    enum Mode {
        /** By the real Keystone. */
        WELL,
        /** As the real one last answered, in 50 ms and without it: so the load is the door's alone. */
        FAMILIAR,
        /** By the real Keystone, with tokens that live {@link #SHORT_LIFE}. */
        SHORT_LIVED,
        /** By the real Keystone, whose clock is hours ahead. */
        LATE_CLOCK,
        /** By the real Keystone, whose clock is hours behind. */
        EARLY_CLOCK,
        /** Connections are refused. */
        OFF,
        /** The request is read, and nothing comes. */
        STALL,
        /** The connection is reset in the middle of the request's answer. */
        RESET,
        /** As Keystone says it. */
        ERROR_500,
        /** In HTML, as a load balancer does. */
        ERROR_503,
        /** The headers at once, the body in drips. */
        SLOW_BODY,
        /** 201, a token in the header, and JSON that is no token. */
        WRONG_JSON,
        /** 201, a token's body, and no token in the header. */
        NO_TOKEN_HEADER,
        THROTTLED_429
    }

    static final Duration SHORT_LIFE = Duration.ofSeconds(16);

    private final int port;
    private final URI upstream = URI.create(RealParts.environment("LANYARD_KEYSTONE_URL"));
    private final HttpClient http = PlainHttp.client();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final List<String> trusts = new CopyOnWriteArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger madeUp = new AtomicInteger();
    private volatile String familiar = "{}";
    private volatile Mode mode = Mode.WELL;
    private volatile ServerSocket door;

    FaultyKeystone(int port) {
        this.port = port;
        this.door = listen();
    }

    /** Has the application call Keystone by way of a port on which the test will listen; impatient, so that faults are soon over. */
    public static final class InBetween implements QuarkusTestResourceLifecycleManager {
        static final String PORT = "test.faulty-keystone";

        @Override
        public Map<String, String> start() {
            // Or a gauge is still that of an application that ran in this JVM before.
            Metrics.globalRegistry.clear();
            try (var free = new ServerSocket(0)) {
                return Map.of(
                        PORT,
                        Integer.toString(free.getLocalPort()),
                        "lanyard.keystone.url",
                        "http://127.0.0.1:" + free.getLocalPort() + "/v3",
                        "lanyard.keystone.timeout",
                        "3s",
                        "lanyard.door.patience",
                        "1s",
                        "lanyard.door.budget.per-address",
                        "0",
                        "lanyard.door.url",
                        PublicDoor.URL,
                        "lanyard.reconcile.first-retry",
                        "200ms",
                        "lanyard.reconcile.longest-retry",
                        "1s",
                        "quarkus.log.category.\"lanyard\".level",
                        "DEBUG");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void stop() {}
    }

    void become(Mode next) {
        mode = next;
        if (next == Mode.OFF) {
            hangUp();
        } else if (door.isClosed()) {
            door = listen();
        }
    }

    int calls() {
        return calls.get();
    }

    int mostAtOnce() {
        return mostAtOnce.get();
    }

    /** The trusts for which tokens were asked for, in the order in which the requests came. */
    List<String> trusts() {
        return List.copyOf(trusts);
    }

    void countFromHere() {
        calls.set(0);
        trusts.clear();
        mostAtOnce.set(0);
    }

    private ServerSocket listen() {
        try {
            var socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            Thread.startVirtualThread(() -> accept(socket));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket socket) {
        try {
            while (true) {
                var connection = socket.accept();
                connections.add(connection);
                Thread.startVirtualThread(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private record Answer(int status, @Nullable String token, String body) {
        Answer withBody(String other) {
            return new Answer(status, token, other);
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var in = new BufferedInputStream(connection.getInputStream());
            for (var request = HttpMessage.read(in); request != null; request = HttpMessage.read(in)) {
                calls.incrementAndGet();
                var trust = TRUST.matcher(request.body());
                if (trust.find()) {
                    trusts.add(trust.group(1));
                }
                mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                try {
                    answer(request, connection);
                } finally {
                    atOnce.decrementAndGet();
                }
            }
        } catch (IOException e) {
            // The door hung up, or the test did.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(connection);
        }
    }

    private void answer(HttpMessage request, Socket connection) throws IOException, InterruptedException {
        var out = connection.getOutputStream();
        var now = mode;
        switch (now) {
            case WELL -> write(out, pass(request));
            case FAMILIAR -> {
                Thread.sleep(50);
                write(out, request.isLogin() || request.method().equals("GET") ? familiar(request) : pass(request));
            }
            case SHORT_LIVED -> write(out, altered(pass(request), Duration.ZERO, SHORT_LIFE));
            case LATE_CLOCK -> write(out, altered(pass(request), SHIFT, null));
            case EARLY_CLOCK -> write(out, altered(pass(request), SHIFT.negated(), null));
            case OFF -> connection.close();
            case STALL -> {
                while (mode == Mode.STALL) {
                    Thread.sleep(20);
                }
                connection.close();
            }
            case RESET -> {
                out.write("HTTP/1.1 201 Created\r\nContent-Le".getBytes(StandardCharsets.UTF_8));
                out.flush();
                connection.setSoLinger(true, 0);
                connection.close();
            }
            case ERROR_500 ->
                write(
                        out,
                        new Answer(
                                500,
                                null,
                                "{\"error\":{\"code\":500,\"message\":\"An unexpected error\",\"title\":\"Internal Server Error\"}}"));
            case ERROR_503 -> write(out, new Answer(503, null, "<html>busy</html>"));
            case SLOW_BODY -> {
                var answer = familiar(request);
                out.write(head(answer).getBytes(StandardCharsets.UTF_8));
                for (var one : answer.body().getBytes(StandardCharsets.UTF_8)) {
                    out.write(one);
                    out.flush();
                    Thread.sleep(100);
                }
            }
            case WRONG_JSON -> write(out, familiar(request).withBody("{\"token\":[{\"expires_at\":7}]}"));
            case NO_TOKEN_HEADER -> write(out, new Answer(201, null, familiar));
            case THROTTLED_429 -> write(out, new Answer(429, null, "slow down"));
        }
    }

    /** What the real Keystone answers. */
    private Answer pass(HttpMessage request) throws IOException, InterruptedException {
        var passed = HttpRequest.newBuilder(upstream.resolve(request.path()))
                .method(request.method(), BodyPublishers.ofString(request.body()));
        for (var name : List.of("X-Auth-Token", "X-Subject-Token", "Content-Type", "Accept")) {
            var value = request.header(name);
            if (value != null) {
                passed.header(name, value);
            }
        }
        HttpResponse<String> answer = http.send(passed.build(), BodyHandlers.ofString());
        var token = answer.headers().firstValue("X-Subject-Token").orElse(null);
        if (request.isLogin() && answer.statusCode() == 201 && answer.body().contains("OS-TRUST:trust")) {
            familiar = answer.body();
        }
        return new Answer(answer.statusCode(), token, answer.body());
    }

    private Answer familiar(HttpMessage request) {
        return request.isLogin()
                ? new Answer(201, "made-up-token-%032d".formatted(madeUp.incrementAndGet()), familiar)
                : new Answer(200, request.header("X-Subject-Token"), familiar);
    }

    /** The same with other times, if it has a token. */
    private static Answer altered(Answer answer, Duration shift, @Nullable Duration life) throws IOException {
        var document = answer.body().isEmpty() ? null : JSON.readTree(answer.body());
        if (document == null || !document.at("/token/expires_at").isTextual()) {
            return answer;
        }
        var token = (ObjectNode) document.get("token");
        var issuedAt = OffsetDateTime.parse(token.get("issued_at").asText()).plus(shift);
        var expiresAt = life == null
                ? OffsetDateTime.parse(token.get("expires_at").asText()).plus(shift)
                : issuedAt.plus(life);
        token.put("issued_at", written(issuedAt)).put("expires_at", written(expiresAt));
        return answer.withBody(document.toString());
    }

    private static String written(OffsetDateTime time) {
        return time.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"));
    }

    private static String head(Answer answer) {
        return "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                .formatted(
                        answer.status(),
                        answer.token() == null ? "" : "X-Subject-Token: " + answer.token() + "\r\n",
                        answer.body().getBytes(StandardCharsets.UTF_8).length);
    }

    private static void write(OutputStream out, Answer answer) throws IOException {
        // In one piece, or the peer's delayed acknowledgement holds the second one back for 40 ms.
        out.write((answer.status() == 204 ? "HTTP/1.1 204 No Content\r\n\r\n" : head(answer) + answer.body())
                .getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private void hangUp() {
        try {
            door.close();
            for (var connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        mode = Mode.OFF;
        hangUp();
        http.shutdownNow();
    }
}
