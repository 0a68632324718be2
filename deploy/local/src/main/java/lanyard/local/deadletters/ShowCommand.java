package lanyard.local.deadletters;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import lanyard.local.stack.HomeOptions;
import lanyard.local.stack.KafkaAccess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./lanyard dead-letters show}: what is in a message that was refused. */
@Command(
        name = "show",
        description = "Show the message that a letter is about, where it lies. It may hold secrets of whoever sent it.")
final class ShowCommand implements Callable<Integer> {
    @Mixin
    private PlaceParameters parameters = new PlaceParameters();

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var message = RefusedMessage.at(KafkaAccess.of(options.home()), parameters.place());
        options.errors().line("This may hold secrets of whoever sent it: keep it out of logs, tickets and chats.");
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        message.lines().forEach(out::println);
        return 0;
    }
}
