package lanyard.local.test;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lanyard.local.stack.Home;
import lanyard.local.stack.Stack;
import lanyard.local.stack.UpOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code lanyard test}. */
@Command(
        name = "test",
        description =
                "Run all tests of all modules against a real Kafka, PostgreSQL and Keystone, started for them alone, and the"
                        + " images in a container engine: podman or docker, or podman installed for it.",
        footer = {
            "",
            "Arguments that are not options of this command are passed to Maven. The last line printed is"
                    + " 'N passed, N failed, N skipped'. Fails if a test failed, if Maven failed, or if no test ran.",
        })
public final class TestCommand implements Callable<Integer> {
    @Option(names = "--verbose", description = "Show the stack trace when something goes wrong.")
    private boolean verbose;

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        var terminal = Terminal.standard(verbose);
        var checkout = Home.checkout();
        // Hidden, and not in target: Maven may be told to clean.
        var home = new Home(checkout.resolve(".lanyard-test"));
        SurefireReports.forget(checkout);
        var cleanUp = new Thread(() -> purge(home, terminal));
        Runtime.getRuntime().addShutdownHook(cleanUp);
        int maven = 1;
        try {
            purge(home, terminal);
            var variables = new HashMap<>(Stack.up(home, UpOptions.partsOnlyEmbedded(), terminal));
            try (var engine = ContainerEngine.start(home)) {
                variables.putAll(engine.variables());
                maven = maven(variables);
            }
        } catch (Trouble e) {
            terminal.bad(e.oneLine());
        } finally {
            purge(home, terminal);
            Runtime.getRuntime().removeShutdownHook(cleanUp);
        }
        return report(SurefireReports.read(checkout), maven, terminal);
    }

    private static void purge(Home home, Terminal terminal) {
        if (home.exists()) {
            Stack.down(home, true, terminal);
        }
    }

    private int maven(Map<String, String> variables) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("mvn", "--batch-mode", "--threads", "3", "verify", "--fail-at-end"));
        // The images have it.
        command.add("-Dcyclonedx.skip=false");
        command.addAll(arguments);
        var builder = new ProcessBuilder(command)
                .directory(Home.checkout().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        var environment = builder.environment();
        environment
                .keySet()
                .removeIf(name -> name.startsWith("LANYARD_") || name.startsWith("OS_") || name.startsWith("QUARKUS_"));
        environment.putAll(variables);
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        var process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    private static int report(SurefireReports reports, int maven, Terminal terminal) {
        terminal.blank();
        for (var skipped : reports.with(SurefireReports.Outcome.SKIPPED)) {
            terminal.line(terminal.yellow("skipped") + " " + skipped.test() + ": " + skipped.reason());
        }
        var failed = reports.with(SurefireReports.Outcome.FAILED);
        for (var failure : failed) {
            terminal.line(terminal.red("failed") + " " + failure.test() + ": " + failure.reason());
        }
        boolean ran = !reports.results().isEmpty();
        if (!ran) {
            terminal.bad("no test ran");
        } else if (maven != 0 && failed.isEmpty()) {
            terminal.bad("Maven failed, though no test did: its own messages are above");
        }
        terminal.line(reports.summary());
        return maven == 0 && failed.isEmpty() && ran ? 0 : 1;
    }
}
