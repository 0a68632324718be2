package lanyard.simulation;

import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A table: the committed rows of one entity, by their key. Rows go in and out as copies. */
final class Table<E> {
    private static final Set<String> WORK =
            Set.of("dueAt", "unsettledSince", "lease", "leasedUntil", "attempts", "failingSince", "failedAt", "why");

    private static final Map<Class<?>, Map<String, Field>> FIELDS = new ConcurrentHashMap<>();

    final Class<E> type;
    final String name;
    final TreeMap<String, E> rows = new TreeMap<>();

    private final Supplier<? extends E> maker;
    private final Consumer<E> defaults;
    private final Field[] fields;
    private final Map<String, Field> byName;
    private final List<Field> ids;
    private long sequence;

    /**
     * @param maker makes a row, or a variant of one
     * @param defaults gives a new row the table's defaults
     */
    Table(Class<E> type, Supplier<? extends E> maker, Consumer<E> defaults) {
        this.type = type;
        this.name = Objects.requireNonNull(type.getAnnotation(jakarta.persistence.Table.class))
                .name();
        this.maker = maker;
        this.defaults = defaults;
        byName = FIELDS.computeIfAbsent(type, Table::fieldsOf);
        fields = byName.values().toArray(Field[]::new);
        ids = byName.values().stream()
                .filter(field -> field.isAnnotationPresent(Id.class))
                .toList();
    }

    private static Map<String, Field> fieldsOf(Class<?> type) {
        Map<String, Field> fields = new LinkedHashMap<>();
        for (Class<?> declaring = type; declaring != null; declaring = declaring.getSuperclass()) {
            for (var field : declaring.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    fields.put(field.getName(), field);
                }
            }
        }
        return fields;
    }

    /** Keeps the rows as they are now; what is returned puts them back. */
    Runnable backUp() {
        var kept = new TreeMap<String, E>();
        rows.forEach((key, row) -> kept.put(key, copy(row)));
        var next = sequence;
        return () -> {
            rows.clear();
            rows.putAll(kept);
            sequence = next;
        };
    }

    /** A row as SQL inserts it, with the table's defaults. */
    E insertable() {
        var row = maker.get();
        defaults.accept(row);
        return row;
    }

    E copy(E row) {
        var copy = maker.get();
        for (var field : fields) {
            var value = value(field, row);
            set(field, copy, value instanceof String[] texts ? texts.clone() : value);
        }
        return copy;
    }

    boolean same(E one, E other) {
        for (var field : fields) {
            if (!Objects.deepEquals(value(field, one), value(field, other))) {
                return false;
            }
        }
        return true;
    }

    /** As {@link #same}, but for who works on the row and when. */
    boolean meansTheSame(E one, E other) {
        for (var field : fields) {
            if (!WORK.contains(field.getName()) && !Objects.deepEquals(value(field, one), value(field, other))) {
                return false;
            }
        }
        return true;
    }

    /** The key of a row; of a generated one that is missing, the next. */
    String key(E row) {
        for (var id : ids) {
            if (id.isAnnotationPresent(GeneratedValue.class) && value(id, row) == null) {
                set(id, row, ++sequence);
            }
        }
        return ids.size() == 1
                ? text(Objects.requireNonNull(value(ids.getFirst(), row)))
                : String.join(
                        "/",
                        ids.stream().map(id -> String.valueOf(value(id, row))).toList());
    }

    boolean hasGeneratedKeys() {
        return ids.getFirst().isAnnotationPresent(GeneratedValue.class);
    }

    /** A key in the order of its values. */
    static String text(Object id) {
        return id instanceof Long number ? "%08d".formatted(number) : id.toString();
    }

    Field field(String called) {
        var field = byName.get(called);
        if (field == null) {
            throw new IllegalArgumentException("%s has no %s".formatted(type.getSimpleName(), called));
        }
        return field;
    }

    static @Nullable Object value(Field field, Object row) {
        try {
            return field.get(row);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    static void set(Field field, Object row, @Nullable Object value) {
        try {
            field.set(row, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
