package lanyard.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The little of HQL that the services use: one entity, and conditions that are joined by {@code and}. Anything else is an error, so a new
 * query is noticed here and not passed over.
 *
 * @param verb {@code from}, {@code count}, {@code select}, {@code update} or {@code delete}
 * @param target what is selected or set; empty for the others
 * @param assigned the parameter that is set, from 1; 0 for none
 */
record Hql(String verb, String target, String entity, int assigned, List<Condition> conditions) {
    private static final Pattern SHAPE =
            Pattern.compile("(?:(?:select (?<selected>count\\(\\*\\)|\\w+) )?from (?<read>\\w+)"
                    + "|update (?<updated>\\w+) set (?<set>\\w+) = \\?(?<value>\\d)"
                    + "|delete from (?<deleted>\\w+))"
                    + " where (?<where>.+)");
    private static final Pattern CONDITION =
            Pattern.compile("(?<field>\\w+) (?:(?<is>is null)|(?<operator>=|<>|<=|<) \\?(?<parameter>\\d))");
    private static final Map<String, Hql> PARSED = new ConcurrentHashMap<>();

    /** @param parameter number of the parameter that the field is compared with; 0 where it is to be null */
    record Condition(String field, String operator, int parameter) {
        @SuppressWarnings("unchecked")
        boolean holds(@Nullable Object value, Map<Integer, Object> parameters) {
            if (parameter == 0) {
                return value == null;
            }
            var other = Objects.requireNonNull(parameters.get(parameter));
            if (value == null) {
                return false;
            }
            var order = ((Comparable<Object>) value).compareTo(other);
            return switch (operator) {
                case "=" -> order == 0;
                case "<>" -> order != 0;
                case "<" -> order < 0;
                case "<=" -> order <= 0;
                default -> throw new IllegalStateException(operator);
            };
        }
    }

    /** What a query means; {@code null} if that is not known here. */
    static @Nullable Hql parse(String text) {
        return PARSED.computeIfAbsent(text, Hql::read);
    }

    private static @Nullable Hql read(String text) {
        var shape = SHAPE.matcher(text);
        if (!shape.matches()) {
            return null;
        }
        var conditions = new ArrayList<Condition>();
        for (var part : shape.group("where").split(" and ")) {
            var condition = CONDITION.matcher(part);
            if (!condition.matches()) {
                return null;
            }
            conditions.add(
                    condition.group("is") == null
                            ? new Condition(
                                    condition.group("field"),
                                    condition.group("operator"),
                                    Integer.parseInt(condition.group("parameter")))
                            : new Condition(condition.group("field"), "is null", 0));
        }
        if (shape.group("updated") != null) {
            return new Hql(
                    "update",
                    shape.group("set"),
                    shape.group("updated"),
                    Integer.parseInt(shape.group("value")),
                    conditions);
        }
        if (shape.group("deleted") != null) {
            return new Hql("delete", "", shape.group("deleted"), 0, conditions);
        }
        var selected = shape.group("selected");
        return selected == null
                ? new Hql("from", "", shape.group("read"), 0, conditions)
                : selected.startsWith("count")
                        ? new Hql("count", "", shape.group("read"), 0, conditions)
                        : new Hql("select", selected, shape.group("read"), 0, conditions);
    }

    <E> boolean holds(Table<E> table, E row, Map<Integer, Object> parameters) {
        for (var condition : conditions) {
            if (!condition.holds(Table.value(table.field(condition.field()), row), parameters)) {
                return false;
            }
        }
        return true;
    }
}
