package lanyard.common.keystone.openstack4j;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import lanyard.common.keystone.Reply;

/**
 * Carries a failed reply through openstack4j, which knows exceptions only.
 *
 * <p>It has no cause, no stack and no part of a response, so that whoever logs it can't leak anything.
 */
@SuppressWarnings("serial")
final class Failed extends RuntimeException {
    /** Keystone's name for one request, which finds it in Keystone's log: {@code req-} and a UUID. */
    private static final Pattern REQUEST_ID = Pattern.compile("req-[0-9a-f-]{36}");

    private static final Map<Integer, String> TITLES = Map.of(
            400, "Bad Request",
            401, "Unauthorized",
            403, "Forbidden",
            404, "Not Found",
            409, "Conflict",
            413, "Request Entity Too Large");

    private final Reply<Void> reply;

    private Failed(Reply<Void> reply) {
        super("a call failed", null, false, false);
        this.reply = reply;
    }

    /** The failure, as the reply of a call that would have answered a {@code T}. */
    <T> Reply<T> reply() {
        return reply.then(nothing -> {
            throw new IllegalStateException("a failed call was done");
        });
    }

    static Failed unavailable(String why) {
        return new Failed(new Reply.Unavailable<>(why));
    }

    /** @param limit how long was waited */
    static Failed timedOut(String what, Duration limit) {
        return unavailable("%s within %s s".formatted(what, limit.toMillis() / 1000.0));
    }

    /** Keystone answered something, but not what was asked for. {@code what} is that with its article: "a trust". */
    static Failed malformed(String what) {
        return malformed(Peer.KEYSTONE, what);
    }

    /** As the other, of any peer. */
    static Failed malformed(Peer peer, String what) {
        return unavailable(peer.label + " answered what is not " + what);
    }

    static Failed denied(int status, String why) {
        return new Failed(new Reply.Denied<>(status, why));
    }

    /**
     * The reply that an HTTP status stands for.
     *
     * @param own whether the answer is the peer's own, an error object with that code. A proxy's 404 says nothing about a user, and
     *     404 means success to whoever deletes.
     * @param requestId its {@code x-openstack-request-id}, kept if it looks like one
     */
    static Failed of(Peer peer, int status, boolean own, Optional<String> requestId) {
        var title = TITLES.getOrDefault(status, status >= 500 ? "a server's error" : "refused");
        var answer = "%d %s%s"
                .formatted(
                        status,
                        title,
                        requestId
                                .filter(id -> REQUEST_ID.matcher(id).matches())
                                .map(id -> " (request " + id + ")")
                                .orElse(""));
        if (status < 400) {
            return unavailable(
                    "%s answered with a redirect (%d): check %s".formatted(peer.label, status, peer.variable));
        }
        if (status == 429) {
            return unavailable(peer.label + " is throttling: 429");
        }
        if (status >= 500 || status == 408) {
            return unavailable(peer.label + " failed: " + answer);
        }
        if ((status == 404 || status == 409) && !own) {
            return unavailable(
                    "something that is not %s answered %d: check %s".formatted(peer.label, status, peer.variable));
        }
        return switch (status) {
            case 404 -> new Failed(new Reply.Missing<>());
            case 409 -> new Failed(new Reply.Conflict<>());
            default -> denied(status, peer.label + " refuses: " + answer);
        };
    }
}
