package lanyard.local.deadletters;

import java.util.concurrent.Callable;
import lanyard.local.stack.HomeOptions;
import lanyard.local.stack.KafkaAccess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./lanyard dead-letters replay}: puts a message that was refused on its topic again, for a service that has been mended. */
@Command(
        name = "replay",
        description = "Put the message that a letter is about on its topic again: key, value and headers as they are.",
        footer = {
            "",
            "Every reader of the topic reads it again, not only the service that refused it. Lanyard's services take what they hear"
                    + " twice as heard once; ask the same of others before you replay a notification."
        })
final class ReplayCommand implements Callable<Integer> {
    @Mixin
    private PlaceParameters parameters = new PlaceParameters();

    @Mixin
    private HomeOptions options = new HomeOptions();

    @Override
    public Integer call() {
        var place = parameters.place();
        var again = RefusedMessage.at(KafkaAccess.of(options.home()), place).replay();
        System.out.println("what is at %s is at %s as well; whoever refuses it again leaves another letter"
                .formatted(place, again));
        return 0;
    }
}
