package lanyard.benchmarks.door;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a Keystone with more clusters than one could be given in a benchmark. It believes every password, and answers with a
 * token's body that the real Keystone gave, put to the trust that is asked for, with its catalog made as long as that of a cloud
 * ({@value #BODY} bytes in all). It counts how many logins are with it at once.
 */
final class StandIn implements AutoCloseable {
    static final int BODY = 8 * 1024;
    private static final JsonMapper JSON = new JsonMapper();

    /** To whom a trust is, and for what. */
    record Trust(String id, String trustee, String project) {}

    private final HttpServer server;
    private final ObjectNode recorded;
    private final Map<String, Trust> trusts = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicLong logins = new AtomicLong();
    private final SecureRandom random = new SecureRandom();
    private volatile Duration delay = Duration.ZERO;

    private StandIn(HttpServer server, ObjectNode recorded) {
        this.server = server;
        this.recorded = recorded;
    }

    /** @param token the body that Keystone gave with a token of a trust */
    static StandIn start(JsonNode token) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        var standIn = new StandIn(server, lengthened(token.deepCopy()));
        server.createContext("/", standIn::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return standIn;
    }

    /** More services in the catalog, each a copy of what is there. */
    private static ObjectNode lengthened(ObjectNode body) {
        var catalog = (ArrayNode) body.at("/token/catalog");
        var service = catalog.path(0).deepCopy();
        for (int i = 1; body.toString().length() < BODY; i++) {
            catalog.add(((ObjectNode) service.deepCopy()).put("name", "service-" + i));
        }
        return body;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v3";
    }

    void add(Trust trust) {
        trusts.put(trust.id(), trust);
    }

    /** How long each login takes from now on; counts anew. */
    void delay(Duration each) {
        delay = each;
        most.set(0);
        logins.set(0);
    }

    /** The highest number of logins that were with it at once. */
    int mostInFlight() {
        return most.get();
    }

    long logins() {
        return logins.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath().replaceFirst("/+$", "");
            if (path.equals("/v3/auth/tokens") && exchange.getRequestMethod().equals("POST")) {
                most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                try {
                    logIn(exchange);
                } finally {
                    inFlight.decrementAndGet();
                }
            } else if (path.isEmpty() || path.equals("/v3")) {
                send(exchange, 200, version());
            } else {
                send(exchange, 404, error(404, "Not Found"));
            }
        }
    }

    private void logIn(HttpExchange exchange) throws IOException {
        logins.incrementAndGet();
        var request = JSON.readTree(exchange.getRequestBody());
        if (!delay.isZero()) {
            try {
                TimeUnit.NANOSECONDS.sleep(delay.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        var id = request.at("/auth/scope/OS-TRUST:trust/id");
        var trust = id.isMissingNode() ? null : trusts.get(id.asText());
        if (trust == null && !id.isMissingNode()) {
            send(exchange, 401, error(401, "Unauthorized"));
            return;
        }
        var token = new byte[150];
        random.nextBytes(token);
        exchange.getResponseHeaders()
                .set("X-Subject-Token", "gAAAAAB" + Base64.getUrlEncoder().encodeToString(token));
        send(exchange, 201, body(trust));
    }

    private JsonNode body(@Nullable Trust trust) {
        var body = recorded.deepCopy();
        var token = (ObjectNode) body.path("token");
        var now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        token.put("issued_at", time(now)).put("expires_at", time(now.plus(1, ChronoUnit.HOURS)));
        if (trust == null) {
            token.remove(List.of("project", "roles", "catalog", "OS-TRUST:trust"));
        } else {
            ((ObjectNode) token.path("user")).put("id", trust.trustee());
            ((ObjectNode) token.path("project")).put("id", trust.project());
            var told = (ObjectNode) token.path("OS-TRUST:trust");
            told.put("id", trust.id());
            told.putObject("trustee_user").put("id", trust.trustee());
        }
        return body;
    }

    /** As Keystone writes a time. */
    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", ".000000Z");
    }

    private JsonNode version() {
        var body = JSON.createObjectNode();
        body.putObject("version")
                .put("id", "v3.14")
                .put("status", "stable")
                .putArray("links")
                .addObject()
                .put("rel", "self")
                .put("href", url() + "/");
        return body;
    }

    private static JsonNode error(int code, String title) {
        var body = JSON.createObjectNode();
        body.putObject("error").put("code", code).put("title", title).put("message", title);
        return body;
    }

    private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
        var bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.getResponseHeaders().set("Vary", "X-Auth-Token");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
