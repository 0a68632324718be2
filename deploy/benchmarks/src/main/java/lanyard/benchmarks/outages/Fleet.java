package lanyard.benchmarks.outages;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import lanyard.local.conductor.Action;
import lanyard.local.conductor.ClientCredential;
import lanyard.local.conductor.ConductorKey;
import lanyard.local.conductor.CredentialEvent;
import lanyard.local.conductor.CredentialEvents;
import lanyard.local.conductor.Notification;
import lanyard.local.conductor.NotificationBus;
import lanyard.local.conductor.Outcome;
import lanyard.local.conductor.ToldCluster;
import lanyard.local.demo.Tenant;
import lanyard.local.terminal.Trouble;
import org.jspecify.annotations.Nullable;

/** The clusters as their conductor has them: it tells of each until Kafka has taken it, and opens what comes back sealed. */
final class Fleet implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final String kafka;
    private final ConductorKey key;
    private final NotificationBus bus;
    private final Map<String, Cluster> clusters = new ConcurrentHashMap<>();
    private final Thread ear;
    private volatile boolean over;

    /** @param env where the parts of the stack are, as in its env file */
    Fleet(Map<String, String> env) {
        kafka = env.getOrDefault("LANYARD_KAFKA", "");
        key = ConductorKey.read(Path.of(env.getOrDefault("LANYARD_CONDUCTOR_KEY", "")));
        bus = new NotificationBus(kafka);
        ear = Thread.ofVirtual().start(this::listen);
    }

    /** One cluster, and what was heard of it. */
    static final class Cluster {
        final ToldCluster told;
        private volatile boolean deleted;
        private volatile @Nullable ClientCredential credential;
        private volatile @Nullable String failure;
        private volatile boolean revoked;

        Cluster(ToldCluster told) {
            this.told = told;
        }

        String uuid() {
            return told.uuid().toString();
        }

        String project() {
            return told.project().id();
        }

        boolean isDeleted() {
            return deleted;
        }

        /** {@code null} while it has none. */
        @Nullable
        ClientCredential credential() {
            return credential;
        }

        /** Why it has no credential; {@code null} if that was not told. */
        @Nullable
        String failure() {
            return failure;
        }

        /** Whether it has what it should have, as far as the events tell. */
        boolean isSettled() {
            return deleted ? revoked : credential != null;
        }
    }

    Collection<Cluster> clusters() {
        return clusters.values();
    }

    List<Cluster> living() {
        return clusters.values().stream().filter(cluster -> !cluster.deleted).toList();
    }

    long unsettled() {
        return clusters.values().stream()
                .filter(cluster -> !cluster.isSettled())
                .count();
    }

    /** Has the conductor make so many, spread over the tenants. */
    void create(int count, List<Tenant> tenants) {
        var made = new ArrayList<Cluster>();
        for (int i = 0; i < count; i++) {
            var tenant = tenants.get(i % tenants.size());
            made.add(new Cluster(
                    new ToldCluster(UUID.randomUUID(), "outages", tenant.project(), tenant.owner(), Map.of())));
        }
        made.forEach(cluster -> clusters.put(cluster.uuid(), cluster));
        tell(made, Action.CREATE);
    }

    void delete(List<Cluster> some) {
        some.forEach(cluster -> cluster.deleted = true);
        tell(some, Action.DELETE);
    }

    private void tell(List<Cluster> some, Action action) {
        var now = Instant.now();
        var notifications = new ArrayList<Notification>();
        for (var outcome : List.of(Outcome.PENDING, Outcome.SUCCESS)) {
            some.forEach(cluster -> notifications.add(Notification.ofConductor(action, outcome, cluster.told, now)));
        }
        while (true) {
            try {
                bus.emit(notifications);
                return;
            } catch (Trouble e) {
                // Some of it may have come through, and comes twice.
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }

    private void listen() {
        while (!over) {
            try (var events = CredentialEvents.fromTheBeginning(kafka)) {
                while (!over) {
                    events.poll(POLL).forEach(this::hear);
                }
            } catch (Trouble e) {
                // Kafka is away: all is heard again.
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hear(CredentialEvent event) {
        var cluster = clusters.get(event.cluster());
        if (cluster == null) {
            return;
        }
        switch (event.type()) {
            case CredentialEvent.READY -> cluster.credential = key.open(event);
            case CredentialEvent.FAILED -> cluster.failure = event.meaning();
            case CredentialEvent.REVOKED -> cluster.revoked = true;
            default -> {
                // On the way.
            }
        }
    }

    @Override
    public void close() {
        over = true;
        try {
            ear.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        bus.close();
    }
}
