package lanyard.common.database;

import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.pubsub.PgSubscriber;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import lanyard.common.settings.LanyardConfig;
import org.jboss.logging.Logger;

/**
 * Hears the database's NOTIFY. The triggers of the migrations send one on the channel {@code <schema>_<table>} when rows of that
 * table may want work. A wake-up is a hint: while the connection is down they are lost, and the pollers poll.
 */
@ApplicationScoped
public class Wakeups {
    private static final Logger LOG = Logger.getLogger(Wakeups.class);
    private static final long RECONNECT_MILLIS = 1_000;

    private final PgSubscriber subscriber;
    private final String schema;

    Wakeups(Vertx vertx, LanyardConfig config) {
        var database = config.database();
        var options = PgConnectOptions.fromUri(database.url())
                .setUser(database.username())
                .setPassword(database.password());
        this.schema = database.username();
        this.subscriber = PgSubscriber.subscriber(vertx, options).reconnectPolicy(retries -> RECONNECT_MILLIS);
        connect(vertx);
    }

    /** The subscriber connects again by itself what it had connected once, and only that. */
    private void connect(Vertx vertx) {
        subscriber.connect().onFailure(e -> {
            LOG.warnf("no wake-ups from the database yet, polling: %s", e.getMessage());
            vertx.setTimer(RECONNECT_MILLIS, timer -> connect(vertx));
        });
    }

    /** Calls {@code wake} whenever rows of the service's table {@code table} may want work. It must not block. */
    public void on(String table, Runnable wake) {
        subscriber.channel(schema + "_" + table).handler(payload -> wake.run());
    }

    void stop(@Observes ShutdownEvent event) {
        subscriber.close();
    }
}
