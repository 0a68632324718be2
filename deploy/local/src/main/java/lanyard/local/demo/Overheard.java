package lanyard.local.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import lanyard.local.conductor.CredentialEvent;
import lanyard.local.conductor.CredentialEvents;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/**
 * The events about one cluster since the story began, each with the moment in which it could be read. A thread of its own listens, so
 * that what the story does meanwhile delays no such moment.
 */
final class Overheard implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition something = lock.newCondition();
    private final List<Arrival> heard = new ArrayList<>();
    private final Thread ear;
    private int told;
    private volatile boolean closed;
    private @Nullable RuntimeException failure;

    /** An event and when it could be read, by {@link System#nanoTime()}. */
    record Arrival(CredentialEvent event, long nanos) {}

    Overheard(String kafka, String cluster) {
        var events = CredentialEvents.fromNowOn(kafka);
        ear = Thread.ofVirtual().start(() -> listen(events, cluster));
    }

    private void listen(CredentialEvents events, String cluster) {
        try (events) {
            while (!closed) {
                for (var event : events.poll(POLL)) {
                    if (event.cluster().equals(cluster)) {
                        note(new Arrival(event, System.nanoTime()), null);
                    }
                }
            }
        } catch (RuntimeException e) {
            note(null, e);
        }
    }

    private void note(@Nullable Arrival arrival, @Nullable RuntimeException trouble) {
        lock.lock();
        try {
            if (arrival != null) {
                heard.add(arrival);
            }
            failure = trouble;
            something.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something is heard, at most a moment: the pause between two looks at something else. */
    @SuppressWarnings("WaitNotInLoop") // Waking for nothing only makes the pause shorter.
    void pause() {
        lock.lock();
        try {
            var trouble = failure;
            if (trouble != null) {
                throw trouble;
            }
            something.await(POLL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted while waiting for events", "run the command again", e);
        } finally {
            lock.unlock();
        }
    }

    Optional<Arrival> first(String type) {
        return all().stream()
                .filter(arrival -> arrival.event().type().equals(type))
                .findFirst();
    }

    /** Waits for an event of that type; a credential that failed is not waited for any longer. */
    Arrival await(String type, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            var wanted = first(type);
            if (wanted.isPresent()) {
                return wanted.get();
            }
            first(CredentialEvent.FAILED).ifPresent(failed -> {
                throw new Unverified(
                        "the events of the cluster",
                        type,
                        CredentialEvent.FAILED + " (" + failed.event().meaning() + ")");
            });
            if (System.nanoTime() - deadline > 0) {
                throw new Unverified(
                        "the events of the cluster within " + limit.toSeconds() + " s",
                        type,
                        all().stream().map(arrival -> arrival.event().type()).toList());
            }
            pause();
        }
    }

    private List<Arrival> all() {
        lock.lock();
        try {
            return List.copyOf(heard);
        } finally {
            lock.unlock();
        }
    }

    /** What was heard since this was last asked. */
    List<CredentialEvent> news() {
        var all = all();
        var news = all.subList(told, all.size()).stream().map(Arrival::event).toList();
        told = all.size();
        return news;
    }

    @Override
    public void close() {
        closed = true;
        try {
            ear.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
