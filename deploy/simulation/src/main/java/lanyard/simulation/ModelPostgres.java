package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Tuple;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import lanyard.common.reconcile.LeasedCluster;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * One service's schema in a PostgreSQL: tables, row locks, and transactions that read what is committed when they read it, and that happen
 * as a whole or not at all.
 */
final class ModelPostgres implements Surroundings.Tables {
    final World world;
    final String name;
    /** How far the database's clock is from the true time, in microseconds. */
    long clockError;

    private final Map<String, Table<?>> tables = new TreeMap<>();
    private final Map<String, Table<?>> tablesByEntity = new HashMap<>();
    private final Map<String, Function<Tuple, List<List<Object>>>> statements = new HashMap<>();
    private final Map<String, Update<?>> updates = new HashMap<>();
    private final Map<Row, Transaction> locks = new HashMap<>();
    private final List<Transaction> open = new ArrayList<>();
    private final List<ModelSession> present = new ArrayList<>();
    private final Map<Object, LeasedCluster> lastRead = new IdentityHashMap<>();

    ModelPostgres(World world, String name) {
        this.world = world;
        this.name = name;
    }

    /** One row, by its table and key. */
    record Row(String table, String key) {}

    /** A native statement in a session that concerns one row. */
    record Update<E>(
            Class<E> type,
            Function<Map<Integer, Object>, String> key,
            boolean inserts,
            Surroundings.Effect<E> effect) {}

    /** The database broke off. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Broken(String why) {
            super(why, null, false, false);
        }
    }

    @Override
    public InstantSource clock() {
        return this::now;
    }

    @Override
    public UUID uuid() {
        return new UUID(world.random.nextLong(), world.random.nextLong());
    }

    @Override
    public <E> void table(Class<E> type, Supplier<? extends E> maker, Consumer<E> defaults) {
        var table = new Table<>(type, maker, defaults);
        tables.put(table.name, table);
        tablesByEntity.put(type.getSimpleName(), table);
    }

    @Override
    public <E> void row(Class<E> type, E row) {
        var table = table(type);
        table.rows.put(table.key(row), row);
    }

    @Override
    public <E> List<E> rows(Class<E> type) {
        return List.copyOf(table(type).rows.values());
    }

    @Override
    public boolean isLocked(Class<?> type, String key) {
        return locks.containsKey(new Row(table(type).name, key));
    }

    @Override
    public void statement(String sql, Function<Tuple, List<List<Object>>> effect) {
        statements.put(ModelPool.folded(sql), effect);
    }

    @Override
    public <E> void update(
            String sql,
            Class<E> type,
            Function<Map<Integer, Object>, String> key,
            boolean inserts,
            Surroundings.Effect<E> effect) {
        updates.put(ModelPool.folded(sql), new Update<>(type, key, inserts, effect));
    }

    /** What a statement in a session of a service does; {@code null} if that is not said. */
    @Nullable
    Update<?> update(String sql) {
        return updates.get(ModelPool.folded(sql));
    }

    /** What a statement of a service's does on the pool; {@code null} if that is not said. */
    @Nullable
    Function<Tuple, List<List<Object>>> statementOf(String sql) {
        return statements.get(ModelPool.folded(sql));
    }

    @SuppressWarnings("unchecked")
    <E> Table<E> table(Class<E> type) {
        return (Table<E>) entity(type.getSimpleName());
    }

    Table<?> called(String sqlName) {
        return found(tables.get(sqlName), sqlName);
    }

    Table<?> entity(String hqlName) {
        return found(tablesByEntity.get(hqlName), hqlName);
    }

    Table<?> of(Object entity) {
        for (var table : tables.values()) {
            if (table.type.isInstance(entity)) {
                return table;
            }
        }
        throw world.unknown("table " + entity.getClass().getSimpleName());
    }

    private Table<?> found(@Nullable Table<?> table, String what) {
        if (table == null) {
            throw world.unknown("table " + what);
        }
        return table;
    }

    Instant now() {
        return World.instant(world.now() + clockError);
    }

    /** Keeps the rows of all tables as they are now; what is returned puts them back, when nobody is connected. */
    Runnable backUp() {
        var kept = tables.values().stream().map(Table::backUp).toList();
        return () -> kept.forEach(Runnable::run);
    }

    // ---- Transactions

    /** What Hibernate hands out. */
    Mutiny.SessionFactory sessions() {
        return (Mutiny.SessionFactory) Proxy.newProxyInstance(
                ModelPostgres.class.getClassLoader(),
                new Class<?>[] {Mutiny.SessionFactory.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("withTransaction") && arguments[0] instanceof Function<?, ?> work) {
                        @SuppressWarnings("unchecked")
                        var typed = (Function<Mutiny.Session, Uni<Object>>) work;
                        return Uni.createFrom().item(() -> inTransaction(typed));
                    }
                    throw world.unknown(method);
                });
    }

    @SuppressWarnings("NullAway") // A Uni's item may be null.
    private Object inTransaction(Function<Mutiny.Session, Uni<Object>> work) {
        var transaction = new Transaction(this, world.current());
        open.add(transaction);
        try {
            var result = work.apply(transaction.session()).await().indefinitely();
            transaction.commit();
            return result;
        } finally {
            // Of a process that dies, this is done by abort.
            close(transaction);
        }
    }

    /** The transaction that runs in the present coroutine. */
    Transaction running() {
        return open.stream()
                .filter(transaction -> transaction.coroutine == world.current())
                .findFirst()
                .orElseThrow();
    }

    private void close(Transaction transaction) {
        open.remove(transaction);
        locks.values().removeIf(holder -> holder == transaction);
    }

    /** The session by which the others see that a process lives. */
    ModelSession connect(Process process) {
        var session = new ModelSession(world, process);
        present.add(session);
        return session;
    }

    boolean isPresent(String holder) {
        return present.stream().anyMatch(session -> session.shows(holder));
    }

    /** The connections of a process that died are gone, and what it had not committed. */
    void abort(Process process) {
        present.removeIf(session -> session.process == process);
        for (var transaction : List.copyOf(open)) {
            if (transaction.process == process) {
                close(transaction);
            }
        }
    }

    /** The point before a statement. */
    void statement(String what) {
        world.step(Coroutine.Next.POSTGRES);
        if (world.strikes(Fault.SESSION_LOST)) {
            var all = world.random.nextInt(4) == 0;
            present.stream()
                    .filter(one -> all || one.process == world.process())
                    .forEach(ModelSession::breaks);
        }
        if (world.strikes(Fault.ROLLBACK)) {
            world.log(name + " " + what + ": CONNECTION LOST");
            throw new Broken("connection lost");
        }
        if (world.trace.isKept()) {
            world.log(name + " " + what);
        }
    }

    /** After a commit: its answer may be lost. */
    void committed(String what) {
        if (world.strikes(Fault.COMMIT_UNCONFIRMED)) {
            world.log(name + " " + what + ": committed, ANSWER LOST");
            throw new Broken("connection lost");
        }
        if (world.trace.isKept()) {
            world.log(name + " " + what + ": committed");
        }
    }

    // ---- Locks

    boolean isLocked(Table<?> table, String key) {
        return locks.containsKey(new Row(table.name, key));
    }

    void lock(Transaction transaction, Table<?> table, String key) {
        var row = new Row(table.name, key);
        while (true) {
            var holder = locks.putIfAbsent(row, transaction);
            if (holder == null || holder == transaction) {
                return;
            }
            for (var next = holder; next != null; next = next.waitsFor == null ? null : locks.get(next.waitsFor)) {
                if (next == transaction) {
                    world.log(name + " deadlock");
                    throw new Broken("deadlock detected");
                }
            }
            if (!world.canWait()) {
                throw new Broken("lock timeout");
            }
            transaction.waitsFor = row;
            world.await(Coroutine.Next.POSTGRES, () -> !locks.containsKey(row));
            transaction.waitsFor = null;
        }
    }

    // ---- What seeded faults need

    /** What a worker read without a lock: to it, that is what the row says. */
    void remember(Object row) {
        if (world.has(Mutation.SETTLE_WITHOUT_REREADING)
                && row instanceof LeasedCluster cluster
                && world.current() instanceof Coroutine worker) {
            lastRead.put(worker, cluster);
        }
    }

    <E> E settled(Table<E> table, E row) {
        if (world.has(Mutation.USE_WHAT_IS_BEING_REMOVED) && table.name.equals("project")) {
            var usable = table.copy(row);
            Table.set(table.field("removing"), usable, false);
            return usable;
        }
        if (world.has(Mutation.SETTLE_WITHOUT_REREADING)
                && row instanceof LeasedCluster cluster
                && world.current() instanceof Coroutine worker
                && lastRead.get(worker) instanceof LeasedCluster before
                && before.cluster.equals(cluster.cluster)
                && before.lease != null
                && before.lease.equals(cluster.lease)) {
            return table.copy(table.type.cast(before));
        }
        return row;
    }
}
