package lanyard.provisioner;

import java.util.function.Function;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.Reply;

/** How a step on Keystone came out, as far as it decides what to do next. */
sealed interface Attempt<T> {
    record Made<T>(T value) implements Attempt<T> {}

    /** It will not work until something in the cloud changes; an operator should know why. */
    record Refused<T>(FailureReason reason, String message) implements Attempt<T> {}

    /** It may work when tried again. */
    record Later<T>(String why) implements Attempt<T> {}

    /** What a reply means to the call that {@code what} names ("make the trustee"). */
    static <T> Attempt<T> of(String what, Reply<T> reply) {
        return switch (reply) {
            case Reply.Done<T>(T value) -> new Made<>(value);
            case Reply.Missing<T>() ->
                new Later<>("Keystone could not %s: something that it needs is gone (404)".formatted(what));
            case Reply.Conflict<T>() ->
                new Later<>("Keystone could not %s: somebody else is at it (409)".formatted(what));
            case Reply.Denied<T>(int status, String why) ->
                new Refused<>(
                        FailureReason.KEYSTONE_REFUSED, "Keystone refused to %s (%d): %s".formatted(what, status, why));
            case Reply.Unavailable<T>(String why) -> new Later<>("Keystone could not %s: %s".formatted(what, why));
        };
    }

    default <R> Attempt<R> then(Function<? super T, ? extends Attempt<R>> next) {
        return switch (this) {
            case Made<T>(T value) -> next.apply(value);
            case Refused<T>(var reason, var message) -> new Refused<>(reason, message);
            case Later<T>(var why) -> new Later<>(why);
        };
    }

    default <R> Attempt<R> map(Function<? super T, ? extends R> change) {
        return then(value -> new Made<>(change.apply(value)));
    }
}
