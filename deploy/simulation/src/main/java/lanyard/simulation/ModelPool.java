package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.PreparedQuery;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowIterator;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.Spliterator;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/**
 * A pool of connections on which the loops run their few statements in SQL, each a transaction of its own. They are known by their text:
 * one that was changed is an error, so that the model is changed with it.
 */
final class ModelPool extends Pool {
    /** By how much a lease is too short where leases are not looked at. */
    private static final Duration UNHEEDED = Duration.ofMillis(179_950);

    private static final Map<String, String> FOLDED = new ConcurrentHashMap<>();

    private final ModelPostgres database;
    private final OutboxTable outbox;
    private final Map<String, Function<Tuple, List<List<Object>>>> statements = new TreeMap<>();

    @SuppressWarnings("NullAway") // Nothing is delegated.
    ModelPool(ModelPostgres database, OutboxTable outbox) {
        super((io.vertx.sqlclient.Pool) null);
        this.database = database;
        this.outbox = outbox;
        knows(
                """
                with due as (
                  select cluster from cluster
                  where due_at <= now() and (leased_until is null or leased_until < now())
                  order by (phase = 'PRESENT' or failing_since is not null), due_at
                  limit $1
                  for update skip locked)
                update cluster c
                set lease = coalesce(
                    overlay(overlay(gen_random_uuid()::text placing '8' from 15) placing $3 from 1)::uuid, gen_random_uuid()),
                  leased_until = now() + make_interval(secs => $2), attempts = attempts + 1
                from due where c.cluster = due.cluster
                returning c.cluster, c.lease, c.attempts
                """,
                this::claimClusters);
        knows(
                """
                select distinct holder(lease) from cluster
                where lease is not null and holder(lease) not in (select holder from present)
                """,
                nothing -> missing().<List<Object>>map(List::of).toList());
        knows(
                """
                update cluster c set lease = null, leased_until = null
                from (
                  select cluster from cluster
                  where lease is not null and holder(lease) = any($1) and holder(lease) not in (select holder from present)
                  for update skip locked) left_behind
                where c.cluster = left_behind.cluster
                """,
                this::takeFromTheDead);
        knows(
                """
                update cluster set lease = null, leased_until = null, due_at = now() + make_interval(secs => $3)
                where cluster = $1 and lease = $2
                """,
                this::giveBack);
        knows(
                """
                update cluster set lease = null, leased_until = null, due_at = now() + make_interval(secs => $3),
                  failing_since = coalesce(failing_since, now()), failed_at = now(), why = $4
                where cluster = $1 and lease = $2
                """,
                this::fail);
        knows(
                """
                with heads as (
                  select id from outbox head
                  where published_at is null and (claimed_until is null or claimed_until < now())
                    and not exists (
                      select from outbox earlier
                      where earlier.key = head.key and earlier.published_at is null and earlier.id < head.id)
                  order by id
                  limit $1
                  for update skip locked)
                update outbox o set claimed_until = now() + make_interval(secs => $2)
                from heads where o.id = heads.id
                returning o.id, o.topic, o.key, o.body
                """,
                tuple -> outbox.claim(tuple.getInteger(0), seconds(tuple.getDouble(1))));
        knows(
                "update outbox set published_at = now(), claimed_until = null where id = any($1)",
                tuple -> outbox.markPublished(Arrays.asList(tuple.getArrayOfLongs(0))));
        knows(
                "update outbox set claimed_until = now() + make_interval(secs => $2) where id = any($1)",
                tuple -> outbox.putBack(Arrays.asList(tuple.getArrayOfLongs(0)), seconds(tuple.getDouble(1))));
    }

    // The text is the service's own, repeated: once that changes, the model does not know it until it is taught.
    private void knows(String sql, Function<Tuple, List<List<Object>>> effect) {
        statements.put(folded(sql), effect);
    }

    static String folded(String sql) {
        return FOLDED.computeIfAbsent(sql, text -> text.strip().replaceAll("\\s+", " "));
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    @Override
    public PreparedQuery<RowSet<Row>> preparedQuery(String sql) {
        var own = database.statementOf(sql);
        var effect = own == null ? statements.get(folded(sql)) : own;
        if (effect == null) {
            throw database.world.unknown(sql);
        }
        return new Statement(folded(sql).substring(0, folded(sql).indexOf(' ')), effect);
    }

    private final class Statement extends PreparedQuery<RowSet<Row>> {
        private final String verb;
        private final Function<Tuple, List<List<Object>>> effect;

        @SuppressWarnings("NullAway") // Nothing is delegated.
        Statement(String verb, Function<Tuple, List<List<Object>>> effect) {
            super((io.vertx.sqlclient.PreparedQuery) null);
            this.verb = verb;
            this.effect = effect;
        }

        @Override
        public Uni<RowSet<Row>> execute(Tuple parameters) {
            return Uni.createFrom().item(() -> {
                database.statement(verb.equals("with") ? "claim" : verb);
                var rows = effect.apply(parameters);
                database.committed(verb.equals("with") ? "claim of " + rows.size() : verb);
                return new Rows(rows);
            });
        }
    }

    private static final class Rows extends RowSet<Row> {
        private final List<List<Object>> rows;

        @SuppressWarnings("NullAway") // Nothing is delegated.
        Rows(List<List<Object>> rows) {
            super((io.vertx.sqlclient.RowSet) null);
            this.rows = rows;
        }

        @Override
        public Spliterator<Row> spliterator() {
            return rows.stream().<Row>map(Values::new).spliterator();
        }

        @Override
        public int rowCount() {
            return rows.size();
        }

        @Override
        public RowIterator<Row> iterator() {
            return new Iteration(rows.iterator());
        }
    }

    private static final class Iteration extends RowIterator<Row> {
        private final Iterator<List<Object>> rows;

        @SuppressWarnings("NullAway") // Nothing is delegated.
        Iteration(Iterator<List<Object>> rows) {
            super((io.vertx.sqlclient.RowIterator) null);
            this.rows = rows;
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Row next() {
            return new Values(rows.next());
        }
    }

    private static final class Values extends Row {
        private final List<Object> values;

        @SuppressWarnings("NullAway") // Nothing is delegated.
        Values(List<Object> values) {
            super((io.vertx.sqlclient.Row) null);
            this.values = values;
        }

        @Override
        public String getString(int column) {
            return (String) values.get(column);
        }

        @Override
        public UUID getUUID(int column) {
            return (UUID) values.get(column);
        }

        @Override
        public Integer getInteger(int column) {
            return (Integer) values.get(column);
        }

        @Override
        public Long getLong(int column) {
            return (Long) values.get(column);
        }

        @Override
        public Boolean getBoolean(int column) {
            return (Boolean) values.get(column);
        }

        @Override
        public <T> T get(Class<T> type, int column) {
            return type.cast(values.get(column));
        }

        @Override
        public Buffer getBuffer(int column) {
            return Buffer.buffer((byte[]) values.get(column));
        }
    }

    // ---- Leases

    private List<LeasedCluster> clusters() {
        var rows = new ArrayList<LeasedCluster>();
        database.called("cluster").rows.values().forEach(row -> rows.add((LeasedCluster) row));
        return rows;
    }

    private boolean isFree(LeasedCluster row, Instant now) {
        if (row.leasedUntil == null) {
            return true;
        }
        return switch (database.world.mutation) {
            case LEASE_WITHOUT_END -> false;
            case SKIP_THE_LEASE -> row.leasedUntil.minus(UNHEEDED).isBefore(now);
            case null, default -> row.leasedUntil.isBefore(now);
        };
    }

    private boolean isDue(LeasedCluster row, Instant now) {
        return row.dueAt != null
                && !row.dueAt.isAfter(now)
                && isFree(row, now)
                && !database.isLocked(database.called("cluster"), row.cluster);
    }

    /** Whether a claim would find something. */
    boolean hasDueClusters() {
        var now = database.now();
        for (var row : database.called("cluster").rows.values()) {
            if (isDue((LeasedCluster) row, now)) {
                return true;
            }
        }
        return false;
    }

    /** When a claim may find something, by true time, if nothing else happens. */
    long nextDue() {
        var next = Long.MAX_VALUE;
        for (var row : clusters()) {
            // A row that is locked is looked at again when whoever holds it has done a step.
            if (row.dueAt != null
                    && isFree(row, Instant.MAX)
                    && !database.isLocked(database.called("cluster"), row.cluster)) {
                var at = row.leasedUntil != null && row.leasedUntil.isAfter(row.dueAt) ? row.leasedUntil : row.dueAt;
                next = Math.min(next, World.micros(at) - database.clockError + 1);
            }
        }
        return next;
    }

    private List<List<Object>> claimClusters(Tuple parameters) {
        var now = database.now();
        var until = now.plus(seconds(parameters.getDouble(1)));
        return clusters().stream()
                .filter(row -> isDue(row, now))
                .sorted(Comparator.comparing(
                                (LeasedCluster row) -> row.phase == Phase.PRESENT || row.failingSince != null)
                        .thenComparing(row -> Objects.requireNonNull(row.dueAt)))
                .limit(parameters.getInteger(0))
                .map(row -> {
                    row.lease = lease(parameters.getString(2));
                    row.leasedUntil = until;
                    row.attempts++;
                    return List.<Object>of(row.cluster, row.lease, row.attempts);
                })
                .toList();
    }

    private UUID lease(@Nullable String holder) {
        var first = database.world.random.nextLong() & ~0xf000L;
        return new UUID(
                holder == null
                        ? first | 0x4000L
                        : first & 0xffffffffL | 0x8000L | (long) HexFormat.fromHexDigits(holder) << 32,
                database.world.random.nextLong());
    }

    private static String holder(UUID lease) {
        return HexFormat.of().toHexDigits((int) (lease.getMostSignificantBits() >>> 32));
    }

    private boolean isAbandoned(LeasedCluster row) {
        return row.lease != null
                && !database.world.has(Mutation.LEASE_WITHOUT_END)
                && row.lease.version() == 8
                && !database.isPresent(holder(row.lease));
    }

    /** Whether a look would find that somebody is missing. */
    boolean hasMissing() {
        for (var row : database.called("cluster").rows.values()) {
            if (isAbandoned((LeasedCluster) row)) {
                return true;
            }
        }
        return false;
    }

    private Stream<String> missing() {
        return clusters().stream()
                .filter(this::isAbandoned)
                .map(row -> holder(Objects.requireNonNull(row.lease)))
                .distinct();
    }

    private List<List<Object>> takeFromTheDead(Tuple parameters) {
        var gone = Set.of(parameters.getArrayOfStrings(0));
        var taken = clusters().stream()
                .filter(row -> isAbandoned(row) && gone.contains(holder(Objects.requireNonNull(row.lease))))
                .filter(row -> !database.isLocked(database.called("cluster"), row.cluster))
                .toList();
        taken.forEach(row -> {
            row.lease = null;
            row.leasedUntil = null;
        });
        return taken.stream().map(row -> List.<Object>of()).toList();
    }

    private List<List<Object>> giveBack(Tuple parameters) {
        return ifLeased(parameters, row -> {});
    }

    private List<List<Object>> fail(Tuple parameters) {
        return ifLeased(parameters, row -> {
            var now = database.now();
            row.failingSince = row.failingSince == null ? now : row.failingSince;
            row.failedAt = now;
            row.why = parameters.getString(3);
        });
    }

    /** Gives the lease back, and does the rest. */
    private List<List<Object>> ifLeased(Tuple parameters, Consumer<LeasedCluster> rest) {
        var table = database.called("cluster");
        var key = parameters.getString(0);
        if (database.isLocked(table, key) && database.world.canWait()) {
            database.world.await(Coroutine.Next.POSTGRES, () -> !database.isLocked(table, key));
        }
        if (table.rows.get(key) instanceof LeasedCluster row
                && parameters.getUUID(1).equals(row.lease)) {
            row.lease = null;
            row.leasedUntil = null;
            row.dueAt = database.now().plus(seconds(parameters.getDouble(2)));
            rest.accept(row);
        }
        return List.of();
    }

    OutboxTable outbox() {
        return outbox;
    }
}
