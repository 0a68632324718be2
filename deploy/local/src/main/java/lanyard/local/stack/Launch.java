package lanyard.local.stack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How Lanyard's services are run: which of them, with which options of the JVM, and with which variables beside those that name the
 * parts. A service that runs otherwise is started again.
 *
 * @param archived whether each keeps an archive of its loaded classes, which makes its starts quick and its first end slow
 * @param environment by service; wins over what the stack itself would set
 */
public record Launch(
        Set<String> services, List<String> jvm, boolean archived, Map<String, Map<String, String>> environment) {
    /**
     * For a person who waits. The quick compiler alone halves the work of a start, which on a small machine counts for more than
     * the speed that the other one reaches later.
     */
    public static final Launch QUICK = new Launch(
            new LinkedHashSet<>(Parts.SERVICES), Machine.join(Machine.QUICK, "-Xms32m", "-Xmx256m"), true, Map.of());

    public Launch {
        services = new LinkedHashSet<>(services);
        jvm = List.copyOf(jvm);
        environment = Map.copyOf(environment);
    }

    /** As an operator would run them: with the compilers and the collector that the JVM itself chooses. */
    public static Launch production(String heap) {
        return new Launch(QUICK.services, List.of("-Xms" + heap, "-Xmx" + heap), false, Map.of());
    }

    /** Of Lanyard's services, only these; what else runs is not stopped. */
    public Launch only(String... few) {
        return new Launch(new LinkedHashSet<>(List.of(few)), jvm, archived, environment);
    }

    /** With a second replica of each service. */
    public Launch replicated() {
        var all = new LinkedHashSet<>(services);
        services.forEach(service -> all.add(Parts.replica(service, 2)));
        return new Launch(all, jvm, archived, environment);
    }

    /** With one more variable for one service. */
    public Launch with(String service, String name, String value) {
        var all = new LinkedHashMap<>(environment);
        var its = new LinkedHashMap<>(environment.getOrDefault(service, Map.of()));
        its.put(name, value);
        all.put(service, its);
        return new Launch(services, jvm, archived, all);
    }

    /** With one more option of the JVM, which wins over those before it. */
    public Launch withJvm(String option) {
        var all = new ArrayList<>(jvm);
        all.add(option);
        return new Launch(services, all, archived, environment);
    }
}
