package lanyard.benchmarks.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import lanyard.benchmarks.load.Tally;
import org.jspecify.annotations.Nullable;

/** The results for a program. What is not known is {@code null}. */
final class Json {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private Json() {}

    static String of(Results results) {
        var root = JSON.createObjectNode();
        root.put("benchmark", "door")
                .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("cores", Cpu.CORES)
                .put("java", System.getProperty("java.vm.version"))
                .put("sound", results.sound());
        var lines = root.putArray("lines");
        results.lines().forEach(line -> put(lines.addObject(), line));
        var memory = root.putArray("memory");
        results.memory().forEach(one -> memory.addObject()
                .put("credentials", one.credentials())
                .put("heapBytes", one.heap())
                .put("residentBytes", one.resident()));
        var restart = results.restart();
        if (restart != null) {
            put(
                    root.putObject("restart")
                            .put("credentials", restart.credentials())
                            .put("connections", restart.clients())
                            .put("keystoneMillis", restart.delayMillis())
                            .put("keystoneLogins", restart.logins())
                            .put("mostInFlight", restart.most())
                            .put("allowedInFlight", restart.limit())
                            .put("postponed", restart.tally().postponed()),
                    restart.tally());
        }
        var faults = root.putArray("faults");
        results.faults().forEach(faults::add);
        try {
            return JSON.writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void put(ObjectNode node, Measured line) {
        node.put("what", line.kind().code())
                .put("clients", line.clients())
                .put("rate", line.rate())
                .put("keystoneCpuSecondsPer1000", known(line.keystonePerThousand()))
                .put("doorCpuSecondsPer1000", known(line.doorPerThousand()))
                .put("doorBytesPerToken", line.allocatedPerToken())
                .put("generatorShare", line.cpu().generatorShare());
        put(node, line.tally());
    }

    private static void put(ObjectNode node, Tally tally) {
        node.put("tokens", tally.tokens())
                .put("seconds", tally.elapsed().toNanos() / 1e9)
                .put("tokensPerSecond", tally.perSecond());
        node.putObject("millis")
                .put("p50", known(tally.millis(50)))
                .put("p99", known(tally.millis(99)))
                .put("p999", known(tally.millis(99.9)))
                .put("max", tally.longestMillis());
    }

    private static @Nullable Double known(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
