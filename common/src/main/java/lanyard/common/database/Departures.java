package lanyard.common.database;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lanyard.common.database.Presence.Standing;
import org.jspecify.annotations.Nullable;

/**
 * Which processes are gone for good, and not only without a session for a moment.
 *
 * <p>Whoever was missing at every look for {@link #GRACE} is. Only a process that is seen itself judges, and by looks that it took in one
 * and the same session: when the database was away, everybody was missing, and all have the same time to come back.
 */
public final class Departures {
    /**
     * A process that lives has another session long before, and begins nothing without one ({@link Lifeline}). What it had begun
     * then, or what one that was killed had sent, has this time to end: that of one call to Keystone.
     */
    public static final Duration GRACE = Duration.ofSeconds(10);

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Presence presence;
    private final InstantSource clock;
    private final Map<String, Instant> missingSince = new HashMap<>();
    private @Nullable Standing judge;
    private Instant nextLook = Instant.MIN;

    public Departures(Presence presence, InstantSource clock) {
        this.presence = presence;
        this.clock = clock;
    }

    /** Whether this process may look now who is missing. */
    public boolean mayLook() {
        var own = presence.standing();
        if (!Objects.equals(own, judge)) {
            judge = own;
            missingSince.clear();
        }
        return own != null && !clock.instant().isBefore(nextLook);
    }

    /** Takes in who is missing at this look, and answers who of them is gone. */
    public List<String> look(Collection<String> missing) {
        var now = clock.instant();
        nextLook = now.plus(BETWEEN_LOOKS);
        missingSince.keySet().retainAll(missing);
        missing.forEach(holder -> missingSince.putIfAbsent(holder, now));
        return missing.stream()
                .filter(holder ->
                        !Objects.requireNonNull(missingSince.get(holder)).isAfter(now.minus(GRACE)))
                .toList();
    }
}
