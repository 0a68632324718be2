package lanyard.benchmarks.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Puts one load after the other on a server that hands out tokens, over the same connections and on the thread that calls. Only an
 * answer 201 with a token is a success; everything else is counted by what it was.
 */
public final class Load implements AutoCloseable {
    private static final long NO_HURRY = TimeUnit.MILLISECONDS.toNanos(100);
    // A selector waits whole milliseconds. A plan that is to keep its rate is looked at more often than that; how much
    // later than intended a request goes out for it counts as the server's latency.
    private static final long NEAR = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long NAP = TimeUnit.MICROSECONDS.toNanos(250);
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(20);

    private final long patience;
    private final Selector selector = Selector.open();
    private final List<Client> clients = new ArrayList<>();
    private final Deque<Client> free = new ArrayDeque<>();
    private Plan plan = Plan.once(List.of());
    private Histogram latencies = new Histogram(LONGEST, 3);
    private Map<String, Long> faults = new TreeMap<>();
    private long start;
    private long postponed;
    private long lastAnswer;

    /**
     * @param clients how many requests can be under way at once
     * @param patience how long to wait for one answer
     */
    public Load(InetSocketAddress server, int clients, Duration patience) throws IOException {
        this.patience = patience.toNanos();
        for (int i = 0; i < clients; i++) {
            this.clients.add(new Client(server, selector));
        }
        free.addAll(this.clients);
    }

    /** Closes the connections. */
    @Override
    public void close() throws IOException {
        clients.forEach(Client::close);
        selector.close();
    }

    /** Runs a plan to its end, and waits for the answers that are still missing then. */
    public Tally run(Plan next) throws IOException {
        plan = next;
        latencies = new Histogram(LONGEST, 3);
        faults = new TreeMap<>();
        postponed = 0;
        lastAnswer = 0;
        start = System.nanoTime();
        long nextLook = NO_HURRY;
        while (true) {
            sendWhatIsDue();
            long now = now();
            long due = plan.due(now);
            if (free.size() == clients.size() && due == Long.MAX_VALUE) {
                return new Tally(latencies, faults, postponed, Duration.ofNanos(Math.max(1, lastAnswer)));
            }
            await(free.isEmpty() ? Long.MAX_VALUE : due - now);
            if (now > nextLook) {
                giveUpOnTheLost(now);
                nextLook = now + NO_HURRY;
            }
        }
    }

    private long now() {
        return System.nanoTime() - start;
    }

    private void sendWhatIsDue() throws IOException {
        while (!free.isEmpty()) {
            long now = now();
            var shot = plan.next(now);
            if (shot == null) {
                return;
            }
            var client = free.pop();
            try {
                client.send(shot, now);
            } catch (IOException e) {
                // The server closed the connection in just that moment: every HTTP client would try again once.
                client.close();
                client.send(shot, now);
            }
        }
    }

    private void await(long atMost) throws IOException {
        if (atMost > NEAR) {
            selector.select(key -> read((Client) key.attachment()), Math.min(atMost, NO_HURRY) / 1_000_000);
        } else if (selector.selectNow(key -> read((Client) key.attachment())) == 0 && atMost > 0) {
            LockSupport.parkNanos(Math.min(atMost, NAP));
        }
    }

    private void read(Client client) {
        try {
            var answer = client.read();
            if (answer != null) {
                took(client, answer);
            }
        } catch (IOException e) {
            fault(client, String.valueOf(e.getMessage()));
        }
    }

    private void took(Client client, Answer answer) {
        var shot = client.shot();
        if (shot == null) {
            fault(client, "an answer to no request");
            return;
        }
        long now = now();
        boolean toWait = answer.retryAfter() >= 0 && (answer.status() == 503 || answer.status() == 429);
        if (answer.status() == 201 && answer.token()) {
            lastAnswer = now;
            latencies.recordValue(Math.min(LONGEST, now - shot.intended()));
            client.done();
            free.push(client);
        } else if (toWait && plan.postponed(shot, now + TimeUnit.SECONDS.toNanos(answer.retryAfter()))) {
            postponed++;
            client.done();
            free.push(client);
        } else {
            fault(client, answer.status() == 201 ? "201 without a token" : "HTTP " + answer.status());
        }
    }

    private void fault(Client client, String what) {
        lastAnswer = now();
        faults.merge(what, 1L, Long::sum);
        client.close();
        boolean wasFree = client.shot() == null;
        client.done();
        if (!wasFree) {
            free.push(client);
        }
    }

    private void giveUpOnTheLost(long now) {
        for (var client : clients) {
            if (client.shot() != null && now - client.sentAt() > patience) {
                fault(client, "no answer in " + TimeUnit.NANOSECONDS.toSeconds(patience) + " s");
            }
        }
    }
}
