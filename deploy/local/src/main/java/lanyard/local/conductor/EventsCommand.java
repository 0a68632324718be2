package lanyard.local.conductor;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import lanyard.local.stack.HomeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./lanyard events}: what goes over {@code lanyard.credentials}. Without {@code --follow} it ends where the topic ended at the start. */
@Command(name = "events", description = "Show what goes over lanyard.credentials.")
public final class EventsCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(500);

    @Option(names = "--follow", description = "Go on showing events as they come.")
    private boolean follow;

    @Option(
            names = "--cluster",
            paramLabel = "C",
            defaultValue = "",
            description = "Only those of this cluster (UUID or how it begins).")
    private String cluster = "";

    @Option(names = "--json", description = "The events themselves, one a line.")
    private boolean json;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (var events = CredentialEvents.fromTheBeginning(options.home())) {
            boolean more = true;
            // A closed pipe (as by head) ends it, too.
            while (more && !out.checkError()) {
                shown(events).forEach(out::println);
                more = follow || !events.isCaughtUp();
            }
        }
        return 0;
    }

    private Stream<String> shown(CredentialEvents events) {
        return events.poll(POLL).stream()
                .filter(event -> event.cluster().startsWith(cluster))
                .sorted(Comparator.comparing(CredentialEvent::time))
                .map(event -> json ? event.raw() : event.line());
    }
}
