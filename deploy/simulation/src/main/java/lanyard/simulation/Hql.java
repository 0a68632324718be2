package lanyard.simulation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The little of HQL that the services use: one entity, and conditions that are joined by {@code and}, each of which may be several joined
 * by {@code or}. Anything else is an error, so a new query is noticed here and not passed over.
 *
 * @param verb {@code from}, {@code count}, {@code select}, {@code update} or {@code delete}
 * @param target what is selected; empty for the others
 */
record Hql(String verb, String target, String entity, List<Assignment> assignments, List<List<Condition>> conditions) {
    private static final Pattern SHAPE =
            Pattern.compile("(?:(?:select (?<selected>count\\(\\*\\)|\\w+) )?from (?<read>\\w+)"
                    + "|update (?<updated>\\w+) set (?<set>.+?)"
                    + "|delete from (?<deleted>\\w+))"
                    + "(?: where (?<where>.+))?");
    private static final Pattern ASSIGNMENT = Pattern.compile(
            "(?<field>\\w+) = (?:(?<null>null)|(?<literal>true|false|\\d+)"
                    + "|\\?(?<parameter>\\d)|(?<counted>\\w+) \\+ 1|coalesce\\((?<kept>\\w+), \\?(?<otherwise>\\d)\\))");
    private static final Pattern CONDITION = Pattern.compile("(?<field>\\w+) (?:(?<is>is null)"
            + "|(?<operator>=|<>|<=|<|in) (?:\\?(?<parameter>\\d)|(?<literal>true|false)))");
    private static final String OUTSIDE_BRACKETS = "(?![^(]*\\))";
    private static final Map<String, Hql> PARSED = new ConcurrentHashMap<>();

    /**
     * What a field is set to.
     *
     * @param parameter number of the parameter that it is set to; 0 for none
     * @param literal what it is set to if there is no parameter
     * @param source the field that it is made from; {@code null} for none: one more than that, or that unless it is null
     */
    record Assignment(String field, @Nullable String source, int parameter, @Nullable Object literal) {
        @Nullable
        Object value(@Nullable Object before, Map<Integer, Object> parameters) {
            if (source == null) {
                return parameter == 0 ? literal : parameters.get(parameter);
            }
            if (parameter == 0) {
                return (Integer) Objects.requireNonNull(before) + 1;
            }
            return before == null ? parameters.get(parameter) : before;
        }
    }

    /**
     * @param parameter number of the parameter that the field is compared with; 0 for none
     * @param literal what it is compared with if there is no parameter
     */
    record Condition(String field, String operator, int parameter, @Nullable Object literal) {
        @SuppressWarnings("unchecked")
        boolean holds(@Nullable Object value, Map<Integer, Object> parameters) {
            if (operator.equals("is null")) {
                return value == null;
            }
            var other = Objects.requireNonNull(parameter == 0 ? literal : parameters.get(parameter));
            if (value == null) {
                return false;
            }
            if (operator.equals("in")) {
                return ((Collection<Object>) other).contains(value);
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
        var conditions = shape.group("where") == null ? List.<List<Condition>>of() : conditions(shape.group("where"));
        var assignments = shape.group("set") == null ? List.<Assignment>of() : assignments(shape.group("set"));
        if (conditions == null || assignments == null) {
            return null;
        }
        if (shape.group("updated") != null) {
            return new Hql("update", "", shape.group("updated"), assignments, conditions);
        }
        if (shape.group("deleted") != null) {
            return new Hql("delete", "", shape.group("deleted"), assignments, conditions);
        }
        var selected = shape.group("selected");
        return selected == null
                ? new Hql("from", "", shape.group("read"), assignments, conditions)
                : selected.startsWith("count")
                        ? new Hql("count", "", shape.group("read"), assignments, conditions)
                        : new Hql("select", selected, shape.group("read"), assignments, conditions);
    }

    private static @Nullable List<Assignment> assignments(String text) {
        var assignments = new ArrayList<Assignment>();
        for (var part : text.split("," + OUTSIDE_BRACKETS + "\\s*")) {
            var assignment = ASSIGNMENT.matcher(part);
            if (!assignment.matches()) {
                return null;
            }
            var source = assignment.group("counted") == null ? assignment.group("kept") : assignment.group("counted");
            var parameter = assignment.group("parameter") == null
                    ? assignment.group("otherwise")
                    : assignment.group("parameter");
            if (source != null && !source.equals(assignment.group("field"))) {
                return null;
            }
            assignments.add(new Assignment(
                    assignment.group("field"), source, number(parameter), literal(assignment.group("literal"))));
        }
        return assignments;
    }

    private static @Nullable List<List<Condition>> conditions(String text) {
        var parts = text.split(" and " + OUTSIDE_BRACKETS);
        if (parts.length > 1 && text.split(" or " + OUTSIDE_BRACKETS).length > 1) {
            return null;
        }
        var conditions = new ArrayList<List<Condition>>();
        for (var part : parts) {
            var alternatives = new ArrayList<Condition>();
            for (var one : part.replaceAll("^\\(|\\)$", "").split(" or ")) {
                var condition = CONDITION.matcher(one);
                if (!condition.matches()) {
                    return null;
                }
                alternatives.add(new Condition(
                        condition.group("field"),
                        condition.group("is") == null ? condition.group("operator") : condition.group("is"),
                        number(condition.group("parameter")),
                        literal(condition.group("literal"))));
            }
            conditions.add(alternatives);
        }
        return conditions;
    }

    private static int number(@Nullable String text) {
        return text == null ? 0 : Integer.parseInt(text);
    }

    private static @Nullable Object literal(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return Character.isDigit(text.charAt(0)) ? (Object) Integer.valueOf(text) : Boolean.valueOf(text);
    }

    <E> boolean holds(Table<E> table, E row, Map<Integer, Object> parameters) {
        for (var alternatives : conditions) {
            boolean any = false;
            for (var condition : alternatives) {
                any |= condition.holds(Table.value(table.field(condition.field()), row), parameters);
            }
            if (!any) {
                return false;
            }
        }
        return true;
    }

    /** Sets what an update sets. */
    <E> void assign(Table<E> table, E row, Map<Integer, Object> parameters) {
        for (var assignment : assignments) {
            var field = table.field(assignment.field());
            Table.set(field, row, assignment.value(Table.value(field, row), parameters));
        }
    }
}
