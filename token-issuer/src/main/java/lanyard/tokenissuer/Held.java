package lanyard.tokenissuer;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import lanyard.common.secrets.Secret;

/**
 * A token of Keystone's that is handed out until little is left of its life.
 *
 * <p>An unmodified client that was refused by a service logs in again, and looks like any other login. What gives it away is that it
 * was given this very token before; so a few addresses are remembered, and one that comes again is a reason to ask Keystone whether
 * the token still lives.
 */
public final class Held {
    private static final int ADDRESSES = 16;
    private static final int MIX = 0x9E3779B9;

    private final Secret id;
    private final Instant expiresAt;
    private final byte[] body;
    private final Instant until;
    private final AtomicIntegerArray givenTo = new AtomicIntegerArray(ADDRESSES);
    private final AtomicLong checkedAt;

    /** @param until from when on it is not handed out any more */
    Held(Secret id, Instant expiresAt, byte[] body, Instant askedAt, Instant until) {
        this.id = id;
        this.expiresAt = expiresAt;
        this.body = body;
        this.until = until;
        this.checkedAt = new AtomicLong(askedAt.toEpochMilli());
    }

    /** What goes into {@code X-Subject-Token}. */
    public Secret id() {
        return id;
    }

    /** Its end by Keystone's clock. */
    public Instant expiresAt() {
        return expiresAt;
    }

    /** What Keystone answered with it, in UTF-8. Not to be changed. */
    public byte[] body() {
        return body;
    }

    Instant until() {
        return until;
    }

    boolean isServedAt(Instant now) {
        return now.isBefore(until);
    }

    /** Remembers that the token was given to this address. Whether it was before, as far as is remembered. */
    boolean isGivenAgainTo(String address) {
        // Neighbours differ in the last digit: it must not be lost.
        int hash = address.hashCode() * MIX | 1;
        return givenTo.getAndSet(Math.floorMod(hash >> 1, ADDRESSES), hash) == hash;
    }

    /** Whether it is this caller who has to ask Keystone about the token, because nobody did so since {@code since}. */
    boolean isToBeChecked(Instant since, Instant now) {
        var last = checkedAt.get();
        return last < since.toEpochMilli() && checkedAt.compareAndSet(last, now.toEpochMilli());
    }
}
