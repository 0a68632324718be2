package lanyard.local.deadletters;

import java.util.Set;
import lanyard.local.terminal.Trouble;
import picocli.CommandLine.Parameters;

/** The parameters of a command that is about one message. */
final class PlaceParameters {
    /** What the services read. A letter about any other topic is not one of theirs, whoever wrote it. */
    private static final Set<String> HEARD = Set.of("notifications.info", "notifications.error", "lanyard.credentials");

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The message's topic, as the letter tells it.")
    private String topic = "";

    @Parameters(index = "1", paramLabel = "PARTITION", description = "Its partition.")
    private int partition;

    @Parameters(index = "2", paramLabel = "OFFSET", description = "Its offset.")
    private long offset;

    Place place() {
        if (!HEARD.contains(topic)) {
            throw new Trouble(
                    "the services do not read a topic of that name",
                    "take the message's place from ./lanyard dead-letters");
        }
        return new Place(topic, partition, offset);
    }
}
