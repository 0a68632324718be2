package lanyard.benchmarks.load;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Which request is sent when. Times are those of {@link System#nanoTime()}, but here they begin at 0 with the load: a plan knows no
 * clock.
 */
public interface Plan {
    /**
     * A request and when it was to be sent. Its latency counts from then, also if it was sent later because everybody was waiting
     * for an answer.
     */
    record Shot(Request request, long intended) {}

    /** What a free client sends now, if anything. */
    @Nullable
    Shot next(long now);

    /** When {@link #next} has something for a free client, if it has nothing now; {@link Long#MAX_VALUE} if never again. */
    long due(long now);

    /** Told by the server to come back so much later. Returns whether the plan does; else it is a fault like any other. */
    default boolean postponed(Shot shot, long until) {
        return false;
    }

    /**
     * Each client sends its next request as soon as it has the answer to the last: as many requests as the server can take, and the
     * slower it gets the less it is asked (coordinated omission), so the latencies are those at full load and nothing more.
     */
    static Plan closed(List<Request> requests, Duration length) {
        long end = length.toNanos();
        return new Plan() {
            private int index;

            @Override
            public @Nullable Shot next(long now) {
                return now < end ? new Shot(requests.get(index++ % requests.size()), now) : null;
            }

            @Override
            public long due(long now) {
                return Long.MAX_VALUE;
            }
        };
    }

    /** As {@link #closed}, with each request once. */
    static Plan once(List<Request> requests) {
        Iterator<Request> rest = requests.iterator();
        return new Plan() {
            @Override
            public @Nullable Shot next(long now) {
                return rest.hasNext() ? new Shot(rest.next(), now) : null;
            }

            @Override
            public long due(long now) {
                return Long.MAX_VALUE;
            }
        };
    }

    /** So many requests a second, whatever the server does. */
    static Plan open(List<Request> requests, double rate, Duration length) {
        long total = (long) (rate * length.toNanos() / 1e9);
        return new Plan() {
            private long sent;

            @Override
            public @Nullable Shot next(long now) {
                return due(now) <= now
                        ? new Shot(requests.get((int) (sent % requests.size())), intended(sent++))
                        : null;
            }

            @Override
            public long due(long now) {
                return sent < total ? intended(sent) : Long.MAX_VALUE;
            }

            private long intended(long number) {
                return (long) (number * 1e9 / rate);
            }
        };
    }

    /** Each request once, all of them wanted at once, by clients that come back when they are told to. */
    static Plan stampede(List<Request> requests) {
        Queue<Request> rest = new ArrayDeque<>(requests);
        record Later(Request request, long when) {}
        var later = new PriorityQueue<Later>(Comparator.comparingLong(Later::when));
        return new Plan() {
            @Override
            public @Nullable Shot next(long now) {
                var first = rest.poll();
                if (first != null) {
                    return new Shot(first, 0);
                }
                return due(now) <= now ? new Shot(later.remove().request(), 0) : null;
            }

            @Override
            public long due(long now) {
                var next = later.peek();
                return next == null ? Long.MAX_VALUE : next.when();
            }

            @Override
            public boolean postponed(Shot shot, long until) {
                return later.add(new Later(shot.request(), until));
            }
        };
    }
}
