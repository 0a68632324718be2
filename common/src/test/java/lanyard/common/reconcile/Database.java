package lanyard.common.reconcile;

import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.Dependent;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;

/** A test's own eye on the service's tables, and its hand. */
@Dependent
public class Database {
    private final Pool pool;

    Database(Pool pool) {
        this.pool = pool;
    }

    /** Leaves nothing that an earlier test put there. */
    public void empty() {
        run("delete from cluster");
        run("delete from outbox");
    }

    public RowSet<Row> run(String sql, Object... parameters) {
        return pool.preparedQuery(sql).execute(Tuple.wrap(parameters)).await().atMost(Duration.ofSeconds(60));
    }

    public List<Row> rows(String sql, Object... parameters) {
        return StreamSupport.stream(run(sql, parameters).spliterator(), false).toList();
    }

    public long count(String table, String condition, Object... parameters) {
        return rows("select count(*) from " + table + " where " + condition, parameters)
                .getFirst()
                .getLong(0);
    }

    /** Makes that many rows, all due, and answers their ids. */
    public List<String> makeDue(int clusters) {
        return rows(
                        """
                        insert into cluster (cluster, due_at)
                        select gen_random_uuid(), now() - interval '1 minute' from generate_series(1, $1)
                        returning cluster
                        """,
                        clusters)
                .stream()
                .map(row -> row.getString(0))
                .toList();
    }
}
