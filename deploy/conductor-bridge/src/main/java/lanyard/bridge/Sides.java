package lanyard.bridge;

import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** How RabbitMQ and Kafka are, as far as is known. What changes is logged, once. */
@Singleton
class Sides {
    private static final Logger LOG = Logger.getLogger(Sides.class);

    private final Map<Side, String> ills = new EnumMap<>(Side.class);

    /** What the bridge stands between. */
    enum Side {
        RABBITMQ("RabbitMQ"),
        KAFKA("Kafka");

        final String title;

        Side(String title) {
            this.title = title;
        }
    }

    Sides() {
        for (var side : Side.values()) {
            ills.put(side, "not reached yet");
        }
    }

    synchronized void well(Side side) {
        if (ills.remove(side) != null) {
            LOG.infof("%s does as it should", side.title);
        }
    }

    /** @param why the cause and, where there is one, the cure, in one sentence */
    synchronized void ill(Side side, String why) {
        if (!why.equals(ills.put(side, why))) {
            LOG.warnf("%s does not do as it should: %s", side.title, why);
        }
    }

    /** What is wrong with a side; null if nothing is. */
    synchronized @Nullable String ill(Side side) {
        return ills.get(side);
    }
}
