package lanyard.common.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How the reactive pool reaches the database, as Quarkus reads its settings: whatever connects beside the pool does it the same way. */
@Singleton
public class Connection implements PgPoolCreator {
    private final Instance<Pool> pool;
    private volatile @Nullable PgConnectOptions options;

    Connection(Instance<Pool> pool) {
        this.pool = pool;
    }

    @Override
    public Pool create(Input input) {
        options = input.pgConnectOptionsList().getFirst();
        return PgBuilder.pool()
                .with(input.poolOptions())
                .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build();
    }

    /** A copy, to add to. What connects by it is not counted among the pool's. */
    PgConnectOptions options() {
        // Quarkus makes the pool when somebody first uses it.
        pool.get().size();
        var copy = new PgConnectOptions(Objects.requireNonNull(options));
        copy.setMetricsName(ClientOptionsBase.DEFAULT_METRICS_NAME);
        return copy;
    }
}
