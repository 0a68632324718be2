package lanyard.common.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real Magnum API: Debian's code, under Debian's gunicorn, on the stack's PostgreSQL and Keystone. There is no Magnum conductor and no
 * Heat behind it: a test writes the rows of clusters itself, and the API lists and shows them. It is reached through a line that can be
 * cut, or go silent.
 *
 * <p>The application, its test and this resource may be in different class loaders; what they share is in system properties.
 */
public final class RealConductor implements QuarkusTestResourceLifecycleManager {
    private static final String PYTHON = "/usr/bin/python3";
    private static final String SCHEMA = "test.conductor-schema";
    private static final String LINE = "test.conductor-line";
    private static final String TEMPLATE = "0a0a0a0a-0000-4000-8000-000000000000";
    private static final Duration START = Duration.ofMinutes(3);
    private static final HttpClient HTTP = PlainHttp.client();

    private final String name =
            "m" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    private final TestKeystone keystone = new TestKeystone();
    private int port;
    private @Nullable Process process;
    private @Nullable Line line;

    /** Its URL is not known before it runs, so it is a setting that is to win. */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        line(Line.State.WELL);
        System.setProperty(SCHEMA, name);
        sql("create schema " + name);
        try {
            var directory =
                    Files.createTempDirectory(Path.of("target"), "magnum").toAbsolutePath();
            port = FreePort.find();
            configure(directory);
            var builder = new ProcessBuilder(PYTHON, "/usr/bin/gunicorn")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile());
            builder.environment().keySet().removeIf(variable -> variable.matches("(OS|LANYARD)_.*"));
            builder.environment().put("GUNICORN_CMD_ARGS", "--config='" + directory.resolve("gunicorn.conf.py") + "'");
            process = builder.start();
            awaitAnswer(directory.resolve("log"));
            line = new Line(LINE, "127.0.0.1", port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        sql(
                "insert into %s.cluster_template (uuid, name, project_id, user_id, labels, coe) values ('%s', 't', 'p', 'u', '{}', 'kubernetes')"
                        .formatted(name, TEMPLATE));
        return Map.of("lanyard.conductor.url", url());
    }

    /** Where it is reached, through the line. */
    public String url() {
        return "http://127.0.0.1:%d/v1".formatted(line == null ? port : line.port());
    }

    public static void line(Line.State now) {
        Line.set(LINE, now);
    }

    /** A cluster as Magnum has it. */
    public static void add(String cluster, String project, String owner, @Nullable String status, Instant madeAt) {
        var schema = System.getProperty(SCHEMA);
        sql(
                """
                insert into %s.cluster (uuid, name, project_id, user_id, cluster_template_id, status, labels, created_at)
                values ('%s', 'c', '%s', '%s', '%s', %s, '{}', timestamptz '%s' at time zone 'UTC')
                """
                        .formatted(
                                schema,
                                cluster,
                                project,
                                owner,
                                TEMPLATE,
                                status == null ? "null" : "'" + status + "'",
                                madeAt),
                """
                insert into %s.nodegroup (uuid, name, cluster_id, project_id, role, node_count, node_addresses, is_default, status, version)
                values ('%s', 'master', '%s', '%s', 'master', 1, '[]', true, 'CREATE_COMPLETE', '1')
                """
                        .formatted(schema, UUID.randomUUID(), cluster, project));
    }

    public static void change(String cluster, String status) {
        sql("update %s.cluster set status = '%s' where uuid = '%s'"
                .formatted(System.getProperty(SCHEMA), status, cluster));
    }

    public static void remove(String cluster) {
        sql("delete from %s.cluster where uuid = '%s'".formatted(System.getProperty(SCHEMA), cluster));
    }

    public static void removeAll() {
        sql("delete from %s.cluster".formatted(System.getProperty(SCHEMA)));
    }

    /** Magnum asks for every call whether it comes from the domain of its own trustees, so there has to be one. */
    private String trusteeDomain(String password) {
        var domain = keystone.admin("POST", "/domains", "{\"domain\":{\"name\":\"%s\"}}".formatted(name))
                .body()
                .at("/domain/id")
                .asText();
        var user = keystone.admin(
                        "POST",
                        "/users",
                        "{\"user\":{\"name\":\"%s\",\"domain_id\":\"%s\",\"password\":\"%s\"}}"
                                .formatted(name, domain, password))
                .body()
                .at("/user/id")
                .asText();
        keystone.grantOnDomain(user, domain, "admin");
        return domain;
    }

    private void configure(Path directory) throws IOException {
        var password = UUID.randomUUID().toString();
        var domain = trusteeDomain(password);
        Files.writeString(
                directory.resolve("api-paste.ini"),
                """
                [pipeline:main]
                pipeline = request_id authtoken api
                [app:api]
                paste.app_factory = magnum.api.app:app_factory
                [filter:authtoken]
                acl_public_routes = /, /v1
                paste.filter_factory = magnum.api.middleware.auth_token:AuthTokenMiddleware.factory
                [filter:request_id]
                paste.filter_factory = oslo_middleware:RequestId.factory
                """);
        Files.writeString(
                directory.resolve("policy.yaml"), "\"context_is_admin\": \"role:admin or role:lanyard_revoker\"\n");
        Files.writeString(
                directory.resolve("magnum.conf"),
                """
                [DEFAULT]
                transport_url = fake:/
                use_stderr = true
                log_color = false
                [api]
                api_paste_config = %1$s/api-paste.ini
                [database]
                connection = %2$s?options=-csearch_path%%3D%3$s
                [keystone_authtoken]
                www_authenticate_uri = %4$s
                auth_url = %4$s
                auth_type = password
                username = %5$s
                password = %6$s
                project_name = %7$s
                user_domain_name = %8$s
                project_domain_name = %9$s
                [oslo_policy]
                policy_file = %1$s/policy.yaml
                [trust]
                trustee_domain_id = %10$s
                trustee_domain_admin_name = %3$s
                trustee_domain_admin_domain_id = %10$s
                trustee_domain_admin_password = %11$s
                """
                        .formatted(
                                directory,
                                RealParts.environment("LANYARD_POSTGRES")
                                        .replaceFirst("^postgresql:", "postgresql+psycopg2:"),
                                name,
                                RealParts.environment("LANYARD_KEYSTONE_URL"),
                                RealParts.environment("OS_USERNAME"),
                                RealParts.environment("OS_PASSWORD"),
                                RealParts.environment("OS_PROJECT_NAME"),
                                RealParts.environment("OS_USER_DOMAIN_NAME"),
                                RealParts.environment("OS_PROJECT_DOMAIN_NAME"),
                                domain,
                                password));
        Files.writeString(
                directory.resolve("conductor_under_test.py"),
                """
                import sys
                sys.argv = ["magnum-api", "--config-file=%s/magnum.conf"]
                from magnum.common import service
                service.prepare_service(sys.argv)
                from magnum.db.sqlalchemy import api, models
                models.Base.metadata.create_all(api.get_engine())
                from magnum.api import app
                application = app.load_app()
                """
                        .formatted(directory));
        Files.writeString(
                directory.resolve("gunicorn.conf.py"),
                """
                wsgi_app = "conductor_under_test:application"
                pythonpath = "%s"
                bind = "127.0.0.1:%d"
                worker_class = "gthread"
                threads = 8
                keepalive = 60
                graceful_timeout = 3
                """
                        .formatted(directory, port));
    }

    private void awaitAnswer(Path log) throws InterruptedException {
        var end = Instant.now().plus(START);
        while (!answers()) {
            if (process == null || !process.isAlive() || Instant.now().isAfter(end)) {
                throw new IllegalStateException("Magnum's API does not come up: see " + log
                        + ". It is in Debian's python3-magnum, which ./lanyard test installs");
            }
            Thread.sleep(200);
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
    public void stop() {
        try {
            if (line != null) {
                line.close();
            }
            if (process != null) {
                process.destroy();
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sql("drop schema if exists " + name + " cascade");
        keystone.removeDomain(name);
        System.clearProperty(SCHEMA);
    }

    private static void sql(String... statements) {
        try {
            RealParts.sql(statements);
        } catch (SQLException e) {
            throw new IllegalStateException("what is Magnum's in the database can't be changed", e);
        }
    }
}
