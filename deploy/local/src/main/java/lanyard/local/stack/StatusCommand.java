package lanyard.local.stack;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.concurrent.Callable;
import lanyard.local.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lanyard status}. */
@Command(
        name = "status",
        description = "Tell the health and the version of each part, by using it. Succeeds only if all are healthy.")
public final class StatusCommand implements Callable<Integer> {
    @Mixin
    private HomeOptions common = new HomeOptions();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        var terminal = common.terminal();
        var status = Status.of(common.home());
        if (json) {
            terminal.line(json(status));
        } else {
            print(status, terminal);
        }
        return status.healthy() ? 0 : 1;
    }

    private static void print(Status status, Terminal terminal) {
        for (var part : status.parts()) {
            var line = "%-13s %-36s ".formatted(part.name(), part.where());
            if (part.healthy()) {
                terminal.good(line + part.version() + (part.embedded() ? "" : " (not ours)"));
            } else {
                terminal.bad(line + part.problem());
            }
        }
    }

    private static String json(Status status) throws Exception {
        var mapper = new ObjectMapper();
        var root = mapper.createObjectNode();
        root.put("home", status.home().toString());
        root.put("healthy", status.healthy());
        var parts = root.putArray("parts");
        for (var part : status.parts()) {
            var node = parts.addObject();
            node.put("name", part.name());
            node.put("where", part.where());
            node.put("healthy", part.healthy());
            node.put("version", part.version());
            node.put("problem", part.problem());
            node.put("embedded", part.embedded());
            node.put("pid", part.pid());
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    }
}
