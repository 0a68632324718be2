package lanyard.local.conductor;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.local.stack.HomeOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard sweep}: asks over the bus, as an operator, for a sweep of Keystone, and says what came of it. */
@Command(
        name = "sweep",
        description = "Act as the operator: have what belongs to no living cluster removed from Keystone, now.",
        footer = {
            "",
            "The revoker does this on a schedule, by the same rules: nothing goes that is not Lanyard's by its name and"
                    + " known as an orphan for LANYARD_SWEEP_GRACE, and nothing at all while more are orphans than"
                    + " LANYARD_SWEEP_SHARE of all there is."
        })
public final class SweepCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final UUID NO_CLUSTER = new UUID(0, 0);

    @Option(names = "--dry-run", description = "Only look: nothing is removed, nor remembered.")
    private boolean dryRun;

    @Option(
            names = "--timeout",
            paramLabel = "T",
            defaultValue = "2m",
            converter = Patience.class,
            description = "How long to wait until it is done. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ZERO;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var home = options.home();
        var request = UUID.randomUUID().toString();
        try (var events = CredentialEvents.fromNowOn(home)) {
            new OperatorEvent(
                            CredentialEvent.SWEEP,
                            NO_CLUSTER,
                            OperatorEvent.data(NO_CLUSTER)
                                    .put("request", request)
                                    .put("dry", dryRun))
                    .tell(home);
            var report =
                    options.errors().watched("Waiting for the revoker to sweep", progress -> await(events, request));
            var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            report.lines(Instant.now()).forEach(out::println);
            if (!report.isDone()) {
                throw new Trouble("nothing was removed (%s)".formatted(report.outcome()), report.message());
            }
            if (!report.message().isEmpty()) {
                out.println(report.message());
            }
        }
        return 0;
    }

    private SweepReport await(CredentialEvents events, String request) {
        long start = System.nanoTime();
        while (true) {
            var answer = answer(events, request);
            if (answer.isPresent()) {
                return answer.get();
            }
            if (System.nanoTime() - start > timeout.toNanos()) {
                throw new Trouble(
                        "no revoker has answered after " + Terminal.seconds(timeout),
                        "see how it is with ./lanyard status; a sweep that is under way goes on");
            }
        }
    }

    private static Optional<SweepReport> answer(CredentialEvents events, String request) {
        return events.poll(POLL).stream()
                .filter(event -> event.type().equals(CredentialEvent.SWEPT)
                        && event.data().path("request").asText().equals(request))
                .map(event -> new SweepReport(event.data()))
                .findFirst();
    }
}
