package lanyard.local.conductor;

import java.time.Duration;
import java.util.List;
import lanyard.local.stack.Home;
import lanyard.local.stack.KafkaAccess;

/** Reads the topic of the credential events as an onlooker. */
public final class CredentialEvents implements AutoCloseable {
    /** What it is called, unless an operator has called it something else. */
    public static final String TOPIC = "lanyard.credentials";

    /** The services' own variable for that; a stack's env file has it if it is not the usual topic. */
    private static final String TOPIC_VARIABLE = "LANYARD_TOPICS_CREDENTIALS";

    private final Onlooker onlooker;

    private CredentialEvents(Onlooker onlooker) {
        this.onlooker = onlooker;
    }

    public static CredentialEvents fromTheBeginning(String kafka) {
        return new CredentialEvents(Onlooker.fromTheBeginning(KafkaAccess.open(kafka), TOPIC));
    }

    public static CredentialEvents fromNowOn(String kafka) {
        return new CredentialEvents(Onlooker.fromNowOn(KafkaAccess.open(kafka), TOPIC));
    }

    static CredentialEvents fromTheBeginning(Home home) {
        return new CredentialEvents(Onlooker.fromTheBeginning(KafkaAccess.of(home), topic(home)));
    }

    static CredentialEvents fromNowOn(Home home) {
        return new CredentialEvents(Onlooker.fromNowOn(KafkaAccess.of(home), topic(home)));
    }

    /** What the topic is called in this stack. */
    static String topic(Home home) {
        return home.env().getOrDefault(TOPIC_VARIABLE, TOPIC);
    }

    /** Waits at most so long for events; those of one cluster come in the order in which they were written. */
    public List<CredentialEvent> poll(Duration atMost) {
        return onlooker.poll(atMost).stream().map(CredentialEvent::of).toList();
    }

    /** {@link Onlooker#isCaughtUp} */
    public boolean isCaughtUp() {
        return onlooker.isCaughtUp();
    }

    @Override
    public void close() {
        onlooker.close();
    }
}
