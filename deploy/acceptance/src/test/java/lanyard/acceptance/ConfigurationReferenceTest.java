package lanyard.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Holds {@code docs/configuration.md} against the code. The compiler's own parser reads the sources of every
 * {@code @ConfigMapping} interface, and of the document every row whose first cell is a property.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigurationReferenceTest {
    private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
    private static final String COMMON = "common";
    private static final List<String> SERVICES = List.of("provisioner", "token-issuer", "revoker");
    /** No service: it has settings of its own and shares some with the services, but no code. */
    private static final String BRIDGE = "conductor-bridge";

    private static final String REQUIRED = "required";
    private static final String NONE = "none";

    private static final Pattern SPACES = Pattern.compile("\\s*\\|\\s*");
    private static final Pattern COMMA = Pattern.compile("\\s*,\\s*");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(lanyard\\.[a-z0-9.-]+):([^}]*)}");
    private static final Pattern SHIPPED = Pattern.compile("(?m)^(lanyard\\.[^=\\s]+)\\s*=(.*)$");

    private final List<Declared> declared = declared();
    private final List<List<String>> rows = rows();
    private final Map<String, Documented> documented = documented();

    /** A setting as an interface declares it. A key of a map is {@code <>} in its property. */
    private record Declared(String property, String fallback, String module, String place) {}

    /** A setting as a row of the document describes it. */
    private record Documented(String variable, String readers, String fallback) {}

    @Test
    void the_test_finds_the_settings_of_every_module_and_the_rows_of_the_document() {
        assertThat(declared)
                .extracting(Declared::module)
                .contains(COMMON, BRIDGE)
                .containsAll(SERVICES);
        assertThat(declared)
                .contains(new Declared("lanyard.outbox.batch", "500", COMMON, "OutboxConfig"))
                .contains(new Declared("lanyard.profiles.<>.roles", REQUIRED, "provisioner", "Profiles"))
                .contains(new Declared("lanyard.keystone.ca-certificate", NONE, COMMON, "KeystoneConfig"));
        assertThat(documented).isNotEmpty();
    }

    @Test
    void every_setting_in_the_code_is_in_the_document() {
        assertThat(declared)
                .as("settings that are in the code and not in docs/configuration.md")
                .filteredOn(setting -> !documented.containsKey(setting.property()))
                .isEmpty();
    }

    @Test
    void every_setting_in_the_document_is_in_the_code() {
        var known = declared.stream().map(Declared::property).collect(Collectors.toSet());
        assertThat(documented.keySet())
                .as("settings that are in docs/configuration.md and not in the code")
                .filteredOn(property -> !known.contains(property))
                .isEmpty();
    }

    @Test
    void no_setting_is_in_the_document_twice() {
        assertThat(rows)
                .as("rows of docs/configuration.md")
                .filteredOn(row -> row.size() == 6)
                .extracting(List::getFirst)
                .doesNotHaveDuplicates();
    }

    @Test
    void the_defaults_in_the_document_are_those_in_the_code() {
        var wrong = new ArrayList<String>();
        for (var setting : declared) {
            var row = documented.get(setting.property());
            if (row != null && !row.fallback().equals(setting.fallback())) {
                wrong.add("%s is %s in %s and %s in the document"
                        .formatted(setting.property(), setting.fallback(), setting.place(), row.fallback()));
            }
        }
        assertThat(wrong).as("defaults that differ").isEmpty();
    }

    /** Where a file of properties or an annotation gives a default of its own, for want of the interface. */
    @Test
    void defaults_that_the_code_repeats_are_those_in_the_document() {
        var wrong = new ArrayList<String>();
        for (var module : modules()) {
            for (var file : files(module, "src/main", ".java", ".properties")) {
                PLACEHOLDER.matcher(text(file)).results().forEach(match -> {
                    var row = documented.get(match.group(1));
                    var fallback = match.group(2).isEmpty() ? NONE : match.group(2);
                    if (row == null || !row.fallback().equals(fallback)) {
                        wrong.add("%s in %s".formatted(match.group(), ROOT.relativize(file)));
                    }
                });
            }
        }
        assertThat(wrong).as("defaults that differ from the document's").isEmpty();
    }

    @Test
    void the_values_that_the_services_ship_with_are_those_in_the_document() {
        var shipped = new TreeSet<String>();
        for (var module : modules()) {
            for (var file : files(module, "src/main/resources", ".properties")) {
                SHIPPED.matcher(text(file))
                        .results()
                        .forEach(match -> shipped.add(String.join(" ", match.group(1), module, match.group(2))));
            }
        }
        var told = rows.stream()
                .filter(row -> row.size() == 3)
                .map(row -> String.join(" ", bare(row.get(0)), row.get(1), bare(row.get(2))))
                .toList();
        assertThat(told).as("property, service and value").containsExactlyInAnyOrderElementsOf(shipped);
    }

    @Test
    void the_variables_in_the_document_are_those_of_the_properties() {
        var wrong = new ArrayList<String>();
        documented.forEach((property, row) -> {
            var variable = property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9<>]", "_");
            if (!anyKey(row.variable()).equals(variable)) {
                wrong.add("%s has the variable %s and not %s".formatted(property, variable, row.variable()));
            }
        });
        assertThat(wrong).as("variables that differ").isEmpty();
    }

    @Test
    void the_readers_in_the_document_are_the_services_that_declare_the_setting() {
        var readers = new TreeMap<String, List<String>>();
        declared.forEach(setting -> readers.computeIfAbsent(setting.property(), property -> new ArrayList<>())
                .add(setting.module()));
        var wrong = new ArrayList<String>();
        readers.forEach((property, modules) -> {
            var row = documented.get(property);
            if (row == null) {
                return;
            }
            var told = Arrays.stream(COMMA.split(row.readers(), -1))
                    .flatMap(reader -> reader.equals("all") ? SERVICES.stream() : Stream.of(reader))
                    .collect(Collectors.toCollection(TreeSet::new));
            var own = new TreeSet<>(modules);
            if (own.remove(COMMON)) {
                // What all services have of common, not each of them has a use for.
                told.removeIf(reader -> SERVICES.contains(reader) && !own.contains(reader));
            }
            boolean right = told.equals(own);
            if (!right) {
                wrong.add("%s is declared in %s and read by %s in the document".formatted(property, modules, told));
            }
        });
        assertThat(wrong).as("readers that differ").isEmpty();
    }

    // ---- The document

    /** The cells of every row whose first one is a property of ours. */
    private static List<List<String>> rows() {
        return text(ROOT.resolve("docs/configuration.md"))
                .lines()
                .filter(line -> line.startsWith("| `lanyard."))
                .map(line -> List.of(SPACES.split(line.substring(1).strip(), 0)))
                .toList();
    }

    private Map<String, Documented> documented() {
        var settings = new TreeMap<String, Documented>();
        for (var row : rows) {
            if (row.size() == 6) {
                settings.put(anyKey(bare(row.get(0))), new Documented(bare(row.get(1)), row.get(2), bare(row.get(4))));
            }
        }
        return settings;
    }

    /** What the document calls a key of a map is its own affair. */
    private static String anyKey(String name) {
        return name.replaceAll("<[^>]*>", "<>");
    }

    private static String bare(String cell) {
        return cell.replace("`", "");
    }

    // ---- The code

    private static List<String> modules() {
        try (var directories = Files.list(ROOT)) {
            return Stream.concat(
                            directories
                                    .filter(directory -> Files.isDirectory(directory.resolve("src/main/java")))
                                    .map(directory -> directory.getFileName().toString()),
                            Stream.of(BRIDGE))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> files(String module, String directory, String... endings) {
        var root = (module.equals(BRIDGE) ? ROOT.resolve("deploy") : ROOT)
                .resolve(module)
                .resolve(directory);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (var files = Files.walk(root)) {
            return files.filter(file -> Arrays.stream(endings)
                            .anyMatch(ending -> file.getFileName().toString().endsWith(ending)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Declared> declared() {
        var settings = new ArrayList<Declared>();
        for (var module : modules()) {
            var sources = files(module, "src/main/java", ".java").stream()
                    .filter(file -> text(file).contains("@ConfigMapping"))
                    .toList();
            if (!sources.isEmpty()) {
                parse(sources).forEach(unit -> new Mappings(module, settings).scan(unit, null));
            }
        }
        return settings;
    }

    private static List<CompilationUnitTree> parse(List<Path> sources) {
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
            var task = (JavacTask)
                    compiler.getTask(null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
            var units = new ArrayList<CompilationUnitTree>();
            task.parse().forEach(units::add);
            return units;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Collects what the {@code @ConfigMapping} interfaces of a source file declare. */
    private static final class Mappings extends TreeScanner<Void, Void> {
        private final String module;
        private final List<Declared> settings;
        private final Map<String, ClassTree> groups = new HashMap<>();
        private String mapping = "";

        Mappings(String module, List<Declared> settings) {
            this.module = module;
            this.settings = settings;
        }

        @Override
        public Void visitClass(ClassTree type, Void nothing) {
            annotation(type.getModifiers(), "ConfigMapping").ifPresent(annotation -> {
                mapping = type.getSimpleName().toString();
                groups.clear();
                nested(type).forEach(group -> groups.put(group.getSimpleName().toString(), group));
                declare(argument(annotation, "prefix"), type);
            });
            return super.visitClass(type, nothing);
        }

        private static Stream<ClassTree> nested(ClassTree type) {
            return type.getMembers().stream()
                    .filter(member -> member.getKind() == Tree.Kind.INTERFACE)
                    .map(ClassTree.class::cast)
                    .flatMap(group -> Stream.concat(Stream.of(group), nested(group)));
        }

        private void declare(String prefix, ClassTree type) {
            understood(type.getImplementsClause().isEmpty(), "an interface that extends another");
            for (var member : type.getMembers()) {
                // A method with a body is no setting.
                if (member instanceof MethodTree method && method.getBody() == null) {
                    declare(path(prefix, method), method, method.getReturnType(), REQUIRED);
                }
            }
        }

        private static String path(String prefix, MethodTree method) {
            if (annotation(method.getModifiers(), "WithParentName").isPresent()) {
                return prefix;
            }
            return prefix + "."
                    + annotation(method.getModifiers(), "WithName")
                            .map(name -> argument(name, "value"))
                            .orElseGet(() -> kebab(method.getName().toString()));
        }

        private void declare(String property, MethodTree method, Tree type, String absent) {
            var group = groups.get(type.toString());
            if (group != null) {
                declare(property, group);
                return;
            }
            if (type instanceof ParameterizedTypeTree generic) {
                var element = generic.getTypeArguments().getLast();
                switch (generic.getType().toString()) {
                    case "Optional" -> {
                        declare(property, method, element, NONE);
                        return;
                    }
                    case "Map" -> {
                        declare(property + ".<>", method, element, absent);
                        return;
                    }
                    default -> understood(!groups.containsKey(element.toString()), "a list of groups");
                }
            }
            var fallback = annotation(method.getModifiers(), "WithDefault")
                    .map(given -> argument(given, "value"))
                    .orElse(absent);
            settings.add(new Declared(property, fallback, module, mapping));
        }

        private static Optional<AnnotationTree> annotation(ModifiersTree modifiers, String name) {
            return modifiers.getAnnotations().stream()
                    .filter(annotation ->
                            annotation.getAnnotationType().toString().equals(name))
                    .<AnnotationTree>map(annotation -> annotation)
                    .findFirst();
        }

        private static String argument(AnnotationTree annotation, String name) {
            understood(annotation.getArguments().size() == 1, annotation.toString());
            ExpressionTree given = annotation.getArguments().getFirst();
            if (given instanceof AssignmentTree assignment) {
                understood(
                        assignment.getVariable() instanceof IdentifierTree variable
                                && variable.getName().contentEquals(name),
                        annotation.toString());
                given = assignment.getExpression();
            }
            understood(given instanceof LiteralTree, annotation.toString());
            return String.valueOf(((LiteralTree) given).getValue());
        }

        /** The naming that config mappings have unless they say otherwise. */
        private static String kebab(String name) {
            return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
        }

        /** The code may come to say more than this test can read; then the test has to learn it. */
        private static void understood(boolean so, String what) {
            if (!so) {
                throw new IllegalStateException("this test does not understand " + what);
            }
        }
    }
}
