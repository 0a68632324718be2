package lanyard.local.conductor;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import lanyard.local.stack.Home;
import lanyard.local.stack.HomeOptions;
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./lanyard retry}: asks over the bus, as an operator, for another attempt at a cluster that has failed, and tells what came of it.
 * Without a cluster it lists those of which a failure was told last.
 */
@Command(
        name = "retry",
        description =
                "Act as the operator: have a cluster that has failed tried again at once, and wait for what comes of it.",
        footer = {
            "",
            "Without a cluster: lists those of which a failure was told last. What is only waiting, for Keystone perhaps,"
                    + " is not told: the metric lanyard_clusters_parked counts it."
        })
public final class RetryCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int MOST = 10_000;
    private static final int LONGEST_LINE = 1_200;
    private static final int UUID_LENGTH = 36;
    /** The revoker follows by itself. */
    private static final String OF_ITSELF = "deleted-meanwhile";

    @Parameters(index = "0", arity = "0..1", paramLabel = "CLUSTER", description = "The cluster's UUID.")
    private @Nullable UUID cluster;

    @Option(
            names = "--timeout",
            paramLabel = "T",
            defaultValue = "60s",
            converter = Patience.class,
            description = "How long to wait until it is told. Default: ${DEFAULT-VALUE}.")
    private Duration timeout = Duration.ZERO;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var home = options.home();
        try (var events = CredentialEvents.fromTheBeginning(home)) {
            if (cluster == null) {
                list(events);
            } else {
                System.out.println(retry(home, events, cluster).line());
            }
        }
        return 0;
    }

    private static void list(CredentialEvents events) {
        var failed = new LinkedHashMap<String, String>();
        while (!events.isCaughtUp()) {
            for (var event : events.poll(POLL)) {
                switch (event.type()) {
                    case CredentialEvent.FAILED -> {
                        if (event.cluster().length() == UUID_LENGTH) {
                            failed.putLast(event.cluster(), line(event));
                        }
                        if (failed.size() > MOST) {
                            failed.pollFirstEntry();
                        }
                    }
                    case CredentialEvent.PROVISIONED, CredentialEvent.READY, CredentialEvent.REVOKED ->
                        failed.remove(event.cluster());
                    default -> {
                        // Says nothing of how an attempt came out.
                    }
                }
            }
        }
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        // The time comes first in each.
        failed.values().stream().filter(line -> !line.isEmpty()).sorted().forEach(out::println);
    }

    /** Nothing for one that nobody has to do anything about. Whoever can write to the topic must not fill the memory. */
    private static String line(CredentialEvent event) {
        if (event.data().path("reason").asText().equals(OF_ITSELF)) {
            return "";
        }
        var line = CredentialEvent.printable(event.time() + "  " + event.cluster() + "  " + event.meaning());
        return line.substring(0, Math.min(line.length(), LONGEST_LINE));
    }

    private CredentialEvent retry(Home home, CredentialEvents events, UUID about) {
        var retry = new Retry(about);
        long start = System.nanoTime();
        while (!events.isCaughtUp()) {
            events.poll(POLL).forEach(retry::take);
            if (System.nanoTime() - start > timeout.toNanos()) {
                throw new Trouble(
                        "the topic could not be read to its end after " + Terminal.seconds(timeout),
                        "give it more --timeout");
            }
        }
        retry.ask().tell(home);
        var outcome = options.errors().during("Waiting for what comes of " + about, () -> await(events, retry));
        if (outcome.type().equals(CredentialEvent.FAILED)) {
            throw new Trouble(
                    "cluster %s failed again: %s".formatted(about, outcome.meaning()),
                    "mend that; it is tried again by itself, ever less often, or by another ./lanyard retry");
        }
        return outcome;
    }

    private CredentialEvent await(CredentialEvents events, Retry retry) {
        long start = System.nanoTime();
        while (true) {
            events.poll(POLL).forEach(retry::take);
            var outcome = retry.outcome();
            if (outcome != null) {
                return outcome;
            }
            if (System.nanoTime() - start > timeout.toNanos()) {
                var failed = retry.failed();
                throw new Trouble(
                        "another attempt was asked for, but nothing was told after %s (%s)"
                                .formatted(
                                        Terminal.seconds(timeout),
                                        failed == null
                                                ? "no failure was told before, either"
                                                : "told last: " + failed.meaning()),
                        "if no service has failed at it, there is nothing to try again; what is only waiting, for Keystone perhaps,"
                                + " is in the services' logs");
            }
        }
    }
}
