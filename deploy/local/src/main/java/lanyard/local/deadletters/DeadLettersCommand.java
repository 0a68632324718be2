package lanyard.local.deadletters;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.concurrent.Callable;
import lanyard.local.conductor.Onlooker;
import lanyard.local.stack.HomeOptions;
import lanyard.local.stack.KafkaAccess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./lanyard dead-letters}: which messages the services refused, and why. Its subcommands are about one of them. */
@Command(
        name = "dead-letters",
        description = "Show which messages the services refused, and why.",
        subcommands = {ShowCommand.class, ReplayCommand.class})
public final class DeadLettersCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int MOST = 10_000;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "100",
            description = "The newest so many, at most " + MOST + ". Default: ${DEFAULT-VALUE}.")
    private int last;

    @Option(names = "--follow", description = "Go on showing letters as they come.")
    private boolean follow;

    @Option(names = "--json", description = "As JSON, one a line.")
    private boolean json;

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        if (last < 1 || last > MOST) {
            throw new ParameterException(spec.commandLine(), "--last is from 1 to " + MOST);
        }
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (var letters = Onlooker.fromTheBeginning(KafkaAccess.of(options.home()), DeadLetter.TOPIC)) {
            var newest = new ArrayDeque<DeadLetter>();
            int unreadable = 0;
            boolean caughtUp = false;
            // A closed pipe (as by head) ends it, too.
            while ((follow || !caughtUp) && !out.checkError()) {
                for (var one : letters.poll(POLL)) {
                    var letter = DeadLetter.of(one);
                    letter.ifPresent(newest::add);
                    unreadable += letter.isPresent() ? 0 : 1;
                    if (!caughtUp && newest.size() > last) {
                        newest.remove();
                    }
                }
                caughtUp = letters.isCaughtUp();
                if (caughtUp) {
                    newest.stream()
                            .sorted(Comparator.comparing(DeadLetter::when))
                            .map(letter -> json ? letter.json() : letter.line())
                            .forEach(out::println);
                    newest.clear();
                }
            }
            if (unreadable > 0) {
                options.errors().line(unreadable + " more records are no letters of the services");
            }
        }
        return 0;
    }
}
