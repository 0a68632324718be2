package lanyard.benchmarks.outages;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What one replica takes for Keystone: all goes through to the real one, but for what is to go wrong on the way. */
final class KeystoneProxy implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final long CUT_MILLIS = 50;
    /** What concerns one connection and not the message. */
    private static final Set<String> HOP =
            Set.of("host", "connection", "content-length", "transfer-encoding", "upgrade", "http2-settings", "expect");

    private final URI keystone;
    private final HttpServer server;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicReference<@Nullable Trap> trap = new AtomicReference<>();
    private final AtomicLong injected = new AtomicLong();
    private volatile Mood mood = Mood.WELL;

    /** How it treats calls. */
    enum Mood {
        WELL,
        /** Every second call is answered 503 and goes no further. */
        BUSY,
        /** Every second call is carried out, and its answer never comes. */
        MUTE,
        /** Nothing gets through, in neither direction, and nobody is told. */
        CUT
    }

    /** Something to happen at the next call of a kind, once: before it reaches Keystone, or when Keystone has done it. */
    record Trap(String method, String path, boolean done, Runnable deed) {
        boolean meets(HttpExchange call) {
            return call.getRequestMethod().equals(method)
                    && call.getRequestURI().getPath().contains(path);
        }
    }

    private KeystoneProxy(URI keystone, HttpServer server) {
        this.keystone = keystone;
        this.server = server;
    }

    /** @param keystone the URL of the real one, which ends in {@code /v3} */
    static KeystoneProxy start(String keystone) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        var proxy = new KeystoneProxy(URI.create(keystone), server);
        server.createContext("/", proxy::pass);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return proxy;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + keystone.getPath();
    }

    void be(Mood how) {
        mood = how;
    }

    void set(Trap next) {
        trap.set(next);
    }

    /** How many calls were answered wrongly, or not. */
    long injected() {
        return injected.get();
    }

    private void pass(HttpExchange call) throws IOException {
        try (call) {
            var body = call.getRequestBody().readAllBytes();
            if (isCutOff()) {
                return;
            }
            var now = mood;
            var chosen = now != Mood.WELL && ThreadLocalRandom.current().nextBoolean();
            if (chosen && now == Mood.BUSY) {
                injected.incrementAndGet();
                call.sendResponseHeaders(503, -1);
                return;
            }
            spring(call, false);
            var answer = forward(call, body);
            spring(call, true);
            if (chosen) {
                // Closed without an answer.
                injected.incrementAndGet();
                return;
            }
            if (isCutOff()) {
                return;
            }
            answer.headers().map().forEach((name, values) -> {
                if (!HOP.contains(name.toLowerCase(Locale.ROOT))) {
                    call.getResponseHeaders().put(name, values);
                }
            });
            var content = answer.body();
            call.sendResponseHeaders(answer.statusCode(), content.length == 0 ? -1 : content.length);
            if (content.length > 0) {
                call.getResponseBody().write(content);
            }
        }
    }

    /** Whether the connection is one of those that are lost because it was cut; waits until the cut is mended. */
    private boolean isCutOff() throws IOException {
        if (mood != Mood.CUT) {
            return false;
        }
        injected.incrementAndGet();
        try {
            while (mood == Mood.CUT) {
                TimeUnit.MILLISECONDS.sleep(CUT_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return true;
    }

    private void spring(HttpExchange call, boolean done) {
        var set = trap.get();
        if (set != null && set.done() == done && set.meets(call) && trap.compareAndSet(set, null)) {
            set.deed().run();
        }
    }

    private HttpResponse<byte[]> forward(HttpExchange call, byte[] body) throws IOException {
        var request = HttpRequest.newBuilder(keystone.resolve(call.getRequestURI()))
                .timeout(LIMIT)
                .method(
                        call.getRequestMethod(),
                        body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        call.getRequestHeaders().forEach((name, values) -> {
            if (!HOP.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        try {
            return http.send(request.build(), BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        http.close();
    }
}
