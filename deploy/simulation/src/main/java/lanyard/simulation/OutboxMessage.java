package lanyard.simulation;

import org.jspecify.annotations.Nullable;

/** A row of an outbox. */
public record OutboxMessage(long id, String topic, @Nullable String key, byte[] body) {}
