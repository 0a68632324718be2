package lanyard.common.keystone.openstack4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;
import org.openstack4j.api.identity.EndpointURLResolver;
import org.openstack4j.core.transport.ClientConstants;
import org.openstack4j.core.transport.Config;
import org.openstack4j.core.transport.HttpExecutorService;
import org.openstack4j.core.transport.HttpMethod;
import org.openstack4j.core.transport.HttpRequest.RequestBuilder;
import org.openstack4j.core.transport.ObjectMapperSingleton;
import org.openstack4j.core.transport.internal.HttpExecutor;
import org.openstack4j.model.identity.URLResolverParams;
import org.openstack4j.openstack.identity.v3.domain.KeystoneToken;
import org.openstack4j.openstack.internal.OSClientSession.OSClientSessionV3;

/**
 * The connections to one Keystone, or to another API of its cloud: pooled, kept alive, bounded in number, time and size, TLS or plain. No
 * redirect is followed, and no header and no body is ever logged.
 *
 * <p>The JDK's client drops an idle connection after 30 s ({@code jdk.httpclient.keepalive.timeout}), which is before Keystone's
 * usual servers do, and notices one that the server closed. The race that is left is met by calling once more where a repetition
 * does no harm.
 */
final class KeystoneConnection implements EndpointURLResolver, HttpExecutorService, AutoCloseable {
    /** Methods that may be sent again when nobody knows whether they arrived (RFC 9110, 9.2.2). */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "PUT", "DELETE");

    private final Peer peer;
    private final String url;
    private final HttpClient http;
    private final Duration timeout;
    private final long maxResponseSize;
    private final Duration connectTimeout;
    private final Semaphore turns;
    /** What openstack4j's requests are made with, for {@link PooledHttpExecutor} to find this connection again. */
    private final Config openstack4j;

    /** @throws IllegalArgumentException when a setting can't work; the message names it and holds no secret */
    KeystoneConnection(KeystoneConfig config) {
        this(Peer.KEYSTONE, KeystoneSettings.url(config), config.timeout(), config);
    }

    /** Connections to another API, with Keystone's bounds, but for the time. */
    KeystoneConnection(Peer peer, String url, Duration timeout, KeystoneConfig config) {
        this.peer = peer;
        this.url = url;
        this.timeout = timeout;
        connectTimeout = config.connectTimeout();
        maxResponseSize = config.maxResponseSize().asLongValue();
        turns = new Semaphore(KeystoneSettings.callsInFlight(config), true);
        var client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connectTimeout)
                .executor(Executors.newVirtualThreadPerTaskExecutor());
        config.caCertificate().map(KeystoneSettings::trusting).ifPresent(client::sslContext);
        http = client.build();
        openstack4j = Config.newConfig().withEndpointURLResolver(this);
    }

    /** Lets openstack4j's services, whose sessions belong to a thread, call with this token; leaves no token with the thread. */
    <T> T with(Secret token, Supplier<T> calls) {
        var keystoneToken = new KeystoneToken();
        keystoneToken.setId(token.reveal());
        OSClientSessionV3.createSession(keystoneToken, null, null, openstack4j);
        try {
            return calls.get();
        } finally {
            OSClientSessionV3.createSession(new KeystoneToken());
        }
    }

    /** A call without a session, as authentication is; {@code json} is the request's body, if it has one. */
    BufferedAnswer anonymously(HttpMethod method, String path, @Nullable String json) {
        var request = request(method, path);
        if (json != null) {
            request.json(json);
        }
        return (BufferedAnswer) HttpExecutor.create().execute(request.build());
    }

    /** A call with a token, about a token. */
    BufferedAnswer withToken(HttpMethod method, String path, Secret token, Secret subject) {
        return (BufferedAnswer) HttpExecutor.create()
                .execute(request(method, path)
                        .header(ClientConstants.HEADER_X_AUTH_TOKEN, token.reveal())
                        .header(ClientConstants.HEADER_X_SUBJECT_TOKEN, subject.reveal())
                        .build());
    }

    private RequestBuilder<?> request(HttpMethod method, String path) {
        return org.openstack4j.core.transport.HttpRequest.builder()
                .endpoint(url)
                .path(path)
                .method(method)
                .config(openstack4j);
    }

    @Override
    public String getExecutorDisplayName() {
        return "connections to " + url;
    }

    @Override
    public String findURLV2(URLResolverParams parameters) {
        return url;
    }

    @Override
    public String findURLV3(URLResolverParams parameters) {
        return url;
    }

    /**
     * Sends the request when it is its turn and reads the answer, whatever its status.
     *
     * @throws Failed when there is no answer, or it is too long
     */
    @Override
    public <R> BufferedAnswer execute(org.openstack4j.core.transport.HttpRequest<R> request) {
        var outgoing = outgoing(request);
        var repeatable = IDEMPOTENT.contains(outgoing.method())
                // It makes a token, and nobody is harmed by one that gets lost.
                || request.getPath().equals(ClientConstants.PATH_TOKENS);
        try {
            if (!turns.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw Failed.timedOut("no call to %s came back".formatted(peer.label), timeout);
            }
            try {
                return send(outgoing, repeatable, System.nanoTime() + timeout.toNanos());
            } finally {
                turns.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failed.unavailable("the call to %s was interrupted".formatted(peer.label));
        }
    }

    private BufferedAnswer send(HttpRequest request, boolean repeatable, long deadline) throws InterruptedException {
        // The client's own timeout ends with the headers, this one with the body.
        var answer = http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), maxResponseSize));
        try {
            return new BufferedAnswer(peer, answer.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            throw Failed.timedOut(peer.label + " did not answer", timeout);
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                case HttpConnectTimeoutException _ ->
                    throw Failed.timedOut(peer.label + " did not accept a connection", connectTimeout);
                case ConnectException _ -> throw Failed.unavailable("can't connect to " + peer.label);
                case SSLException _ ->
                    throw Failed.unavailable("no TLS connection to %s that can be trusted: check its certificate and"
                                    .formatted(peer.label)
                            + " LANYARD_KEYSTONE_CA_CERTIFICATE");
                case IOException cut
                when isTooLong(cut) ->
                    throw Failed.unavailable("%s's answer is longer than LANYARD_KEYSTONE_MAX_RESPONSE_SIZE, %d bytes"
                            .formatted(peer.label, maxResponseSize));
                case IOException _ when repeatable -> send(request, false, deadline);
                case IOException _ -> throw Failed.unavailable("the connection to %s was lost".formatted(peer.label));
                case null, default -> throw new IllegalStateException("the HTTP client failed", e.getCause());
            };
        } finally {
            // Whatever ended the wait, an answer that is still on its way is not wanted any more.
            answer.cancel(true);
        }
    }

    /** Whether this is how {@link BodyHandlers#limiting} ends a body: it has no exception type of its own. */
    private static boolean isTooLong(IOException e) {
        return e.getMessage() != null && e.getMessage().contains("body exceeds capacity");
    }

    private HttpRequest outgoing(org.openstack4j.core.transport.HttpRequest<?> request) {
        // Only path and query are the request's own: openstack4j rewrites endpoints, wherever something in them looks
        // like a version.
        var path = request.getPath();
        var target = url + (path.isEmpty() || path.startsWith("/") ? path : "/" + path) + query(request);
        var outgoing = HttpRequest.newBuilder(URI.create(target))
                .method(request.getMethod().name(), body(request))
                .setHeader("Content-Type", request.getContentType())
                .setHeader("Accept", "application/json");
        request.getHeaders().forEach((name, value) -> outgoing.setHeader(name, String.valueOf(value)));
        return outgoing.setHeader("User-Agent", "lanyard").build();
    }

    private static String query(org.openstack4j.core.transport.HttpRequest<?> request) {
        if (!request.hasQueryParams()) {
            return "";
        }
        return request.getQueryParams().entrySet().stream()
                .flatMap(parameter -> parameter.getValue().stream()
                        .map(value -> encoded(parameter.getKey()) + "=" + encoded(String.valueOf(value))))
                .collect(Collectors.joining("&", "?", ""));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static BodyPublisher body(org.openstack4j.core.transport.HttpRequest<?> request) {
        if (request.getEntity() == null) {
            return request.hasJson() ? BodyPublishers.ofString(request.getJson()) : BodyPublishers.noBody();
        }
        var entity = request.getEntity();
        try {
            return BodyPublishers.ofByteArray(
                    ObjectMapperSingleton.getContext(entity.getClass()).writeValueAsBytes(entity));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "openstack4j can't write a " + entity.getClass().getSimpleName());
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
