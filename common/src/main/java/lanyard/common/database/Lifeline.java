package lanyard.common.database;

import static jakarta.interceptor.Interceptor.Priority.PLATFORM_AFTER;

import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import lanyard.common.settings.LanyardConfig;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one session that a replica keeps with the database. While it stands, the replica hears NOTIFY on it, and the others see by its
 * advisory lock that the process lives: when a process is killed, its session ends, and the lock with it.
 *
 * <p>The triggers of the migrations send a NOTIFY on the channel {@code <schema>_<table>} when rows of that table may want work. It is a
 * hint: while there is no session they are lost, and the pollers poll; they are woken when there is one again.
 *
 * <p>A process whose session broke knows it before the others may act on it ({@link Departures#GRACE}): it asks again and again
 * whether it is seen, and takes no answer for a no.
 */
@ApplicationScoped
public class Lifeline implements Presence {
    private static final Logger LOG = Logger.getLogger(Lifeline.class);
    private static final long BEAT_MILLIS = 1_000;
    private static final int PATIENCE_MILLIS = 3_000;

    /**
     * What the view {@code present} of the migrations shows ("LANY", and the process). The lock is shared: a session in which the
     * database still believes must not keep the process from taking it anew.
     */
    private static final String BE_SEEN = "select pg_advisory_lock_shared(x'4c414e59'::int, %d); ";

    private static final String AM_I_SEEN = "select from present where holder = '%s'";

    private final Vertx vertx;
    private final PgConnectOptions options;
    private final String schema;
    private final int number = new SecureRandom().nextInt();
    private final String holder = HexFormat.of().toHexDigits(number);
    private final Map<String, List<Runnable>> wakes = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable PgConnection> session = new AtomicReference<>();
    private volatile @Nullable Standing standing;
    private volatile boolean running = true;
    private long sessions;

    public Lifeline(Vertx vertx, Connection connection, LanyardConfig config) {
        this.vertx = vertx;
        this.options = connection.options();
        this.schema = config.database().username();
        options.setConnectTimeout(PATIENCE_MILLIS);
        connect();
    }

    /**
     * Calls {@code wake} whenever rows of the service's table {@code table} may want work, and whenever a session begins to listen,
     * since nobody heard what was told before. It must not block.
     */
    public void on(String table, Runnable wake) {
        wakes.computeIfAbsent(schema + "_" + table, channel -> new CopyOnWriteArrayList<>())
                .add(wake);
        var opened = session.get();
        if (opened != null) {
            opened.query(listen()).execute().onSuccess(listening -> wake.run());
        }
    }

    @Override
    public @Nullable Standing standing() {
        return standing;
    }

    private void connect() {
        if (!running) {
            return;
        }
        PgConnection.connect(vertx, options).onComplete(connected -> {
            if (connected.failed()) {
                if (sessions == 0) {
                    LOG.warnf(
                            "no wake-ups from the database yet, polling: %s",
                            connected.cause().getMessage());
                }
                vertx.setTimer(BEAT_MILLIS, timer -> connect());
                return;
            }
            var opened = connected.result();
            session.set(opened);
            opened.notificationHandler(
                    told -> wakes.getOrDefault(told.getChannel(), List.of()).forEach(Runnable::run));
            opened.closeHandler(closed -> lost(opened));
            ask(opened, BE_SEEN.formatted(number));
        });
    }

    /** Asks on the session whether the process is seen, after doing something for that; and again and again. */
    private void ask(PgConnection opened, String before) {
        var patience = vertx.setTimer(PATIENCE_MILLIS, timer -> lost(opened));
        opened.query(listen() + before + AM_I_SEEN.formatted(holder)).execute().onComplete(answer -> {
            vertx.cancelTimer(patience);
            if (answer.failed() || last(answer.result()).size() == 0) {
                lost(opened);
            } else if (session.get() == opened) {
                vertx.setTimer(BEAT_MILLIS, timer -> ask(opened, ""));
                if (standing == null) {
                    standing = new Standing(holder, sessions++);
                    wakes.values().forEach(table -> table.forEach(Runnable::run));
                }
            }
        });
    }

    private static RowSet<Row> last(RowSet<Row> answers) {
        return answers.next() == null ? answers : last(answers.next());
    }

    private String listen() {
        return wakes.keySet().stream().map("listen \"%s\"; "::formatted).collect(Collectors.joining());
    }

    private void lost(PgConnection opened) {
        if (session.compareAndSet(opened, null)) {
            standing = null;
            LOG.warn("the session with the database broke: no wake-ups until there is another one");
            opened.close();
            vertx.setTimer(BEAT_MILLIS, timer -> connect());
        }
    }

    /** After all others have stopped: what they still do is theirs as long as the process is seen. */
    public void stop(@Observes @Priority(PLATFORM_AFTER) ShutdownEvent event) {
        running = false;
        var opened = session.getAndSet(null);
        standing = null;
        if (opened != null) {
            opened.close();
        }
    }
}
