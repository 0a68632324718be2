package lanyard.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import lanyard.common.testing.FreePort;
import lanyard.common.testing.PlainHttp;
import lanyard.common.testing.RealParts;

/** A second server of the stack's own Keystone, on the same database, with other settings. */
final class AnotherKeystone implements AutoCloseable {
    private static final HttpClient HTTP = PlainHttp.client();

    private final Map<String, String> settings = new HashMap<>();
    private final int port;
    private Process process;

    AnotherKeystone() {
        this.port = FreePort.find();
    }

    /** Where the stack's Keystone has its configuration; a Keystone that runs elsewhere has none here. */
    static Path configuration() {
        return Path.of(RealParts.environment("LANYARD_CONDUCTOR_KEY")).resolveSibling("keystone/keystone.conf");
    }

    /** One of Keystone's settings, such as {@code token.expiration}; from the next start on. */
    AnotherKeystone set(String setting, String value) {
        settings.put("OS_" + setting.toUpperCase(Locale.ROOT).replace(".", "__"), value);
        return this;
    }

    AnotherKeystone start() {
        try {
            var directory =
                    Files.createTempDirectory(Path.of("target"), "keystone").toAbsolutePath();
            var gunicorn = directory.resolve("gunicorn.conf.py");
            Files.writeString(
                    gunicorn,
                    """
                    wsgi_app = "keystone.server.wsgi:initialize_public_application()"
                    bind = "127.0.0.1:%d"
                    worker_class = "gthread"
                    threads = 8
                    keepalive = 60
                    graceful_timeout = 3
                    """
                            .formatted(port));
            var builder = new ProcessBuilder("/usr/bin/python3", "/usr/bin/gunicorn")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("OS_") || name.startsWith("LANYARD_"));
            builder.environment()
                    .put("OS_KEYSTONE_CONFIG_FILES", configuration().toString());
            builder.environment().putAll(settings);
            // Not as arguments: Keystone reads the process's arguments as its own, and refuses these.
            builder.environment().put("GUNICORN_CMD_ARGS", "--config='" + gunicorn + "'");
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("another Keystone")
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(200))
                .failFast("it has died", () -> !process.isAlive())
                .until(this::answers);
        return this;
    }

    String url() {
        return "http://127.0.0.1:" + port + "/v3";
    }

    /** Whether a service that asks this server would let the token's bearer in. */
    boolean takes(String token) {
        var request = HttpRequest.newBuilder(URI.create(url() + "/auth/tokens"))
                .header("X-Auth-Token", token)
                .header("X-Subject-Token", token)
                .build();
        try {
            return HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean answers() throws InterruptedException {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create(url())).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
        ServiceProcess.end(process, 10);
    }
}
