package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.common.reconcile.Phase;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * A transaction with Hibernate's session on it: an entity that was read is the session's own until the end, what is changed is written
 * when the session is flushed, whole rows at a time, and a flush comes before each query and before the commit.
 */
final class Transaction {
    private static final Pattern INSERT =
            Pattern.compile("insert into (\\w+) \\((.+)\\) values \\((.+)\\) on conflict do nothing");
    private static final Pattern INSERT_ALL = Pattern.compile("insert into (\\w+) \\((\\w+)\\)"
            + " select heard from unnest\\(cast\\(\\?1 as text\\[]\\)\\) heard order by heard on conflict do nothing");
    private static final Pattern LOCK_ALL = Pattern.compile(
            "select \\* from (\\w+) where (\\w+) = any\\(cast\\(\\?1 as text\\[]\\)\\) order by \\2 for update");

    final @Nullable Process process;
    final @Nullable Coroutine coroutine;
    ModelPostgres.@Nullable Row waitsFor;

    private final ModelPostgres database;
    /** What this transaction has written; a row that it removed is empty. */
    private final Map<ModelPostgres.Row, Written<?>> written = new LinkedHashMap<>();
    /** The session's own entities, with what they said when they were read or flushed last. */
    private final Map<ModelPostgres.Row, Managed<?>> managed = new LinkedHashMap<>();

    private final List<Object> inserted = new ArrayList<>();
    private final List<Object> removed = new ArrayList<>();
    private final List<Runnable> afterwards = new ArrayList<>();

    Transaction(ModelPostgres database, @Nullable Coroutine coroutine) {
        this.database = database;
        this.coroutine = coroutine;
        this.process = coroutine == null ? null : coroutine.process;
    }

    private record Written<E>(Table<E> table, String key, @Nullable E row) {
        /** Whether anything is new, but who works on the row and when. */
        boolean apply() {
            if (row == null) {
                return table.rows.remove(key) != null;
            }
            var before = table.rows.put(key, table.copy(row));
            return before == null || !table.meansTheSame(before, row);
        }
    }

    private static final class Managed<E> {
        final Table<E> table;
        final E entity;
        E flushed;

        Managed(Table<E> table, E entity) {
            this.table = table;
            this.entity = entity;
            this.flushed = table.copy(entity);
        }

        boolean isDirty() {
            return !table.same(entity, flushed);
        }
    }

    // ---- The session

    Mutiny.Session session() {
        return (Mutiny.Session) Proxy.newProxyInstance(
                Transaction.class.getClassLoader(),
                new Class<?>[] {Mutiny.Session.class},
                (proxy, method, arguments) -> invoke(method, arguments));
    }

    /** Has something done after the commit, by the process that lives to see it. */
    void afterwards(Runnable what) {
        afterwards.add(what);
    }

    private Object invoke(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "find" -> {
                if (arguments.length == 2) {
                    yield later(() -> find((Class<?>) arguments[0], arguments[1], false));
                }
                if (arguments.length == 3 && arguments[2] == LockMode.PESSIMISTIC_WRITE) {
                    yield later(() -> find((Class<?>) arguments[0], arguments[1], true));
                }
                throw database.world.unknown(method);
            }
            case "persist" -> later(() -> insert(List.of(arguments[0])));
            case "persistAll" -> later(() -> insert(List.of((Object[]) arguments[0])));
            case "remove" -> later(() -> remove(List.of(arguments[0])));
            case "removeAll" -> later(() -> remove(List.of((Object[]) arguments[0])));
            case "flush" ->
                later(() -> {
                    database.statement("flush");
                    flush();
                    return null;
                });
            case "createQuery", "createMutationQuery" -> query((String) arguments[0], method.getReturnType(), false);
            case "createNativeQuery" -> query((String) arguments[0], method.getReturnType(), true);
            default -> throw database.world.unknown(method);
        };
    }

    private static Uni<@Nullable Object> later(Supplier<@Nullable Object> statement) {
        return Uni.createFrom().item(statement);
    }

    private Object query(String text, Class<?> kind, boolean isNative) {
        Map<Integer, Object> parameters = new HashMap<>();
        return Proxy.newProxyInstance(
                Transaction.class.getClassLoader(), new Class<?>[] {kind}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "setParameter" -> {
                            parameters.put((Integer) arguments[0], arguments[1]);
                            yield proxy;
                        }
                        // Whoever says so changes nothing of what it reads.
                        case "setReadOnly" -> proxy;
                        case "getResultList" ->
                            later(() -> isNative ? lockAll(text, parameters) : select(text, parameters));
                        case "getSingleResult" ->
                            later(() -> select(text, parameters).getFirst());
                        case "executeUpdate" ->
                            later(() -> isNative ? nativeUpdate(text, parameters) : change(text, parameters));
                        default -> throw database.world.unknown(method);
                    };
                });
    }

    // ---- Statements

    private <E> @Nullable Object find(Class<E> type, Object id, boolean forUpdate) {
        var table = database.table(type);
        var key = Table.text(id);
        database.statement((forUpdate ? "lock " : "read ") + table.name + " " + shown(key));
        if (forUpdate) {
            database.lock(this, table, key);
        }
        var row = row(table, key);
        if (row == null) {
            return null;
        }
        if (!forUpdate) {
            database.remember(row);
        }
        return manage(table, key, forUpdate ? database.settled(table, row) : row);
    }

    private static String shown(String key) {
        return key.length() > 8 ? key.substring(0, 8) : key;
    }

    /** The session's own entity for a row: one that it has is not read anew. */
    @SuppressWarnings("unchecked")
    private <E> E manage(Table<E> table, String key, E row) {
        return ((Managed<E>) managed.computeIfAbsent(address(table, key), at -> new Managed<>(table, table.copy(row))))
                .entity;
    }

    private static ModelPostgres.Row address(Table<?> table, String key) {
        return new ModelPostgres.Row(table.name, key);
    }

    /** A row as this transaction sees it. */
    @SuppressWarnings("unchecked")
    private <E> @Nullable E row(Table<E> table, String key) {
        var own = (Written<E>) written.get(address(table, key));
        return own == null ? table.rows.get(key) : own.row();
    }

    private <E> TreeMap<String, E> rows(Table<E> table) {
        var rows = new TreeMap<>(table.rows);
        for (var own : written.values()) {
            if (own.table() == table) {
                rows.remove(own.key());
                if (own.row() != null) {
                    rows.put(own.key(), table.type.cast(own.row()));
                }
            }
        }
        return rows;
    }

    private @Nullable Object insert(List<?> entities) {
        for (var entity : entities) {
            if (table(entity).hasGeneratedKeys()) {
                // A key that the database makes: it is inserted at once.
                database.statement("insert into " + table(entity).name);
                write(table(entity), entity);
            } else {
                inserted.add(entity);
            }
        }
        return null;
    }

    private @Nullable Object remove(List<?> entities) {
        removed.addAll(entities);
        return null;
    }

    @SuppressWarnings("unchecked")
    private Table<Object> table(Object entity) {
        return (Table<Object>) database.of(entity);
    }

    private void write(Table<Object> table, Object entity) {
        var key = table.key(entity);
        database.lock(this, table, key);
        if (row(table, key) != null) {
            throw database.world.violated("no row is inserted twice", key + " in " + table.name);
        }
        written.put(address(table, key), new Written<>(table, key, table.copy(entity)));
    }

    /** Hibernate inserts, then updates, then deletes. */
    private void flush() {
        for (var entity : inserted) {
            write(table(entity), entity);
        }
        inserted.clear();
        for (var one : managed.values()) {
            update(one);
        }
        for (var entity : removed) {
            var table = table(entity);
            var key = table.key(entity);
            database.lock(this, table, key);
            written.put(address(table, key), new Written<>(table, key, null));
            managed.remove(address(table, key));
        }
        removed.clear();
    }

    private <E> void update(Managed<E> one) {
        if (one.isDirty()) {
            var key = one.table.key(one.entity);
            database.lock(this, one.table, key);
            // Where there is no such row any more, there is nothing to update.
            if (row(one.table, key) != null) {
                written.put(address(one.table, key), new Written<>(one.table, key, one.table.copy(one.entity)));
            }
            one.flushed = one.table.copy(one.entity);
        }
    }

    private Hql parsed(String text) {
        var hql = Hql.parse(text);
        if (hql == null) {
            throw database.world.unknown(text);
        }
        return hql;
    }

    private List<Object> select(String text, Map<Integer, Object> parameters) {
        var hql = parsed(text);
        database.statement(text);
        flush();
        return select(hql, database.entity(hql.entity()), parameters);
    }

    private <E> List<Object> select(Hql hql, Table<E> table, Map<Integer, Object> parameters) {
        var found = new ArrayList<Object>();
        rows(table).forEach((key, row) -> {
            if (hql.holds(table, row, parameters)) {
                found.add(
                        switch (hql.verb()) {
                            case "from" -> manage(table, key, row);
                            case "select" -> Objects.requireNonNull(Table.value(table.field(hql.target()), row));
                            default -> key;
                        });
            }
        });
        if (hql.verb().equals("count")) {
            return List.of(database.world.has(Mutation.EVERY_SHARE_IS_THE_LAST) ? 0L : (long) found.size());
        }
        return found;
    }

    private Integer change(String text, Map<Integer, Object> parameters) {
        var hql = parsed(text);
        database.statement(text);
        flush();
        return change(hql, database.entity(hql.entity()), parameters);
    }

    private <E> Integer change(Hql hql, Table<E> table, Map<Integer, Object> parameters) {
        int changed = 0;
        for (var one : rows(table).entrySet()) {
            var key = one.getKey();
            if (hql.holds(table, one.getValue(), parameters)) {
                database.lock(this, table, key);
                // Who had it locked may have changed it.
                var now = row(table, key);
                if (now != null && hql.holds(table, now, parameters)) {
                    E row = null;
                    if (hql.verb().equals("update")) {
                        row = table.copy(now);
                        hql.assign(table, row, parameters);
                    }
                    written.put(address(table, key), new Written<>(table, key, row));
                    changed++;
                }
            }
        }
        return changed;
    }

    private List<Object> lockAll(String text, Map<Integer, Object> parameters) {
        var lock = LOCK_ALL.matcher(text);
        if (!lock.matches()) {
            throw database.world.unknown(text);
        }
        return lockAll(database.called(lock.group(1)), keys(parameters));
    }

    private <E> List<Object> lockAll(Table<E> table, List<String> keys) {
        database.statement("lock %d of %s".formatted(keys.size(), table.name));
        flush();
        var found = new ArrayList<Object>();
        for (var key : keys) {
            database.lock(this, table, key);
            var row = row(table, key);
            if (row != null) {
                found.add(manage(table, key, database.settled(table, row)));
            }
        }
        return found;
    }

    private static List<String> keys(Map<Integer, Object> parameters) {
        return Stream.of((String[]) Objects.requireNonNull(parameters.get(1)))
                .sorted()
                .toList();
    }

    private Integer insertAll(Table<?> table, String column, List<String> keys) {
        database.statement("insert %d into %s".formatted(keys.size(), table.name));
        flush();
        return keys.stream()
                .mapToInt(key -> insertNew(table, new String[] {column}, Map.of(1, key)))
                .sum();
    }

    private Integer nativeUpdate(String text, Map<Integer, Object> parameters) {
        var known = database.update(text);
        if (known == null) {
            return insertNew(text, parameters);
        }
        database.statement(text);
        flush();
        return update(known, parameters);
    }

    private <E> Integer update(ModelPostgres.Update<E> update, Map<Integer, Object> parameters) {
        var table = database.table(update.type());
        var key = update.key().apply(parameters);
        if (row(table, key) == null && !update.inserts()) {
            return 0;
        }
        database.lock(this, table, key);
        var before = row(table, key);
        var row = before == null ? table.insertable() : table.copy(before);
        if (!update.effect().of(row, before == null, parameters)) {
            return 0;
        }
        written.put(address(table, key), new Written<>(table, key, row));
        return 1;
    }

    private Integer insertNew(String text, Map<Integer, Object> parameters) {
        var all = INSERT_ALL.matcher(text);
        if (all.matches()) {
            return insertAll(database.called(all.group(1)), all.group(2), keys(parameters));
        }
        var insert = INSERT.matcher(text);
        if (!insert.matches()) {
            throw database.world.unknown(text);
        }
        var table = database.called(insert.group(1));
        database.statement("insert into %s %s".formatted(table.name, shown(String.valueOf(parameters.get(1)))));
        flush();
        return insertNew(table, insert.group(2).split(", "), parameters);
    }

    private <E> Integer insertNew(Table<E> table, String[] columns, Map<Integer, Object> parameters) {
        var row = table.insertable();
        for (int i = 0; i < columns.length; i++) {
            Table.set(table.field(columns[i]), row, parameters.get(i + 1));
        }
        var key = table.key(row);
        if (row(table, key) != null) {
            return 0;
        }
        // Who is inserting the same just now is waited for.
        database.lock(this, table, key);
        if (row(table, key) != null) {
            return 0;
        }
        written.put(address(table, key), new Written<>(table, key, row));
        return 1;
    }

    // ---- The end

    void commit() {
        var writes = !inserted.isEmpty()
                || !removed.isEmpty()
                || !written.isEmpty()
                || managed.values().stream().anyMatch(Managed::isDirty);
        if (!writes) {
            return;
        }
        database.statement("commit");
        flush();
        for (var one : written.values()) {
            if (one.apply()) {
                database.world.changed();
            }
        }
        dropTombstones();
        afterwards.forEach(Runnable::run);
        database.committed("commit");
    }

    private void dropTombstones() {
        if (database.world.has(Mutation.DROP_THE_TOMBSTONE)) {
            database.called("cluster")
                    .rows
                    .values()
                    .removeIf(row -> row instanceof LeasedCluster cluster
                            && cluster.phase == Phase.ABSENT
                            && cluster.dueAt == null
                            && cluster.lease == null);
        }
    }
}
