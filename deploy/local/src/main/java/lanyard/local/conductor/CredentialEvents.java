package lanyard.local.conductor;

import java.time.Duration;
import java.util.List;

/** Reads the topic {@code lanyard.credentials} as an onlooker. */
public final class CredentialEvents implements AutoCloseable {
    public static final String TOPIC = "lanyard.credentials";

    private final Onlooker onlooker;

    private CredentialEvents(Onlooker onlooker) {
        this.onlooker = onlooker;
    }

    public static CredentialEvents fromTheBeginning(String kafka) {
        return new CredentialEvents(Onlooker.fromTheBeginning(kafka, TOPIC));
    }

    public static CredentialEvents fromNowOn(String kafka) {
        return new CredentialEvents(Onlooker.fromNowOn(kafka, TOPIC));
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
