package lanyard.tokenissuer;

import org.jspecify.annotations.Nullable;

/**
 * What was heard of something that is counted in generations.
 *
 * <p>{@link #join} is commutative, associative and idempotent: the higher generation wins, and two tales of one generation make it
 * disputed, until a higher one settles it.
 *
 * @param generation the highest that was heard; 0 while none was
 * @param value what it is; {@code null} while none was heard, and when it is disputed
 */
record Claim<T>(int generation, @Nullable T value) {
    static <T> Claim<T> none() {
        return new Claim<>(0, null);
    }

    Claim<T> join(Claim<T> other) {
        if (generation != other.generation) {
            return generation > other.generation ? this : other;
        }
        return value != null && value.equals(other.value) ? this : new Claim<>(generation, null);
    }

    /** Whether two events told different things of the generation: one of them is wrong, or forged, and nobody can tell which. */
    boolean disputed() {
        return generation > 0 && value == null;
    }
}
