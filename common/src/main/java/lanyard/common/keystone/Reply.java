package lanyard.common.keystone;

import java.util.function.Function;

/**
 * What Keystone answered, as a value: the callers decide by it, so they must see every case.
 *
 * <p>No case holds a response body: Keystone repeats what it was sent in some of its errors.
 */
public sealed interface Reply<T> {
    /** Keystone did it, or answered the question. */
    record Done<T>(T value) implements Reply<T> {}

    /** What the call is about is not there (404). For a delete that is success. */
    record Missing<T>() implements Reply<T> {}

    /** It is there already (409). */
    record Conflict<T>() implements Reply<T> {}

    /** Keystone understood and refuses (400, 401, 403, 413, ...): the same call will be refused again until something changes. */
    record Denied<T>(int status, String why) implements Reply<T> {}

    /** Nothing is known: Keystone was not reached, timed out, was throttling (429) or failed (5xx). The call may have worked. */
    record Unavailable<T>(String why) implements Reply<T> {}

    /** Done, where there is nothing to answer. */
    @SuppressWarnings("NullAway") // null is the only value that Void has
    static Reply<Void> done() {
        return new Done<>(null);
    }

    /** This reply with its value, if it has one, turned into another. */
    default <R> Reply<R> map(Function<? super T, ? extends R> change) {
        return then(value -> new Done<>(change.apply(value)));
    }

    /** The next call's reply if this one was done; this one's failure otherwise. */
    default <R> Reply<R> then(Function<? super T, ? extends Reply<R>> next) {
        return switch (this) {
            case Done<T>(T value) -> next.apply(value);
            case Missing<T>() -> new Missing<>();
            case Conflict<T>() -> new Conflict<>();
            case Denied<T>(int status, String why) -> new Denied<>(status, why);
            case Unavailable<T>(String why) -> new Unavailable<>(why);
        };
    }
}
