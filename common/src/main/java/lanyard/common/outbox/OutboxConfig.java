package lanyard.common.outbox;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the outbox is published. */
@ConfigMapping(prefix = "lanyard.outbox")
public interface OutboxConfig {
    /** How many messages are claimed and sent at once. */
    @WithDefault("500")
    int batch();

    /** How often the relay looks when nothing wakes it, and how long it rests after a failure. */
    @WithDefault("1s")
    Duration interval();

    /**
     * How long a claimed message is one replica's own. Must be longer than Kafka's producer may try to deliver it
     * ({@code delivery.timeout.ms}, 20 s here), or a late delivery could overtake the key's next message.
     */
    @WithDefault("60s")
    Duration claim();

    /** How long a published message is kept in the table, for whoever wants to look. */
    @WithDefault("24h")
    Duration retention();
}
