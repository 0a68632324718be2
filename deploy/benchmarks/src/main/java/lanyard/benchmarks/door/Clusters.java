package lanyard.benchmarks.door;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
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
import lanyard.local.terminal.Terminal;
import lanyard.local.terminal.Trouble;

/** Gets clusters their credentials as a conductor does: tells of them on the bus, and opens what comes back sealed. */
final class Clusters {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration SILENCE = Duration.ofMinutes(3);

    private final String kafka;
    private final ConductorKey key;

    /** @param env where the parts of the stack are, as in its env file */
    Clusters(Map<String, String> env) {
        kafka = env.getOrDefault("LANYARD_KAFKA", "");
        key = ConductorKey.read(Path.of(env.getOrDefault("LANYARD_CONDUCTOR_KEY", "")));
    }

    /** Has the conductor make so many clusters; returns their credentials. */
    List<ClientCredential> make(int count, Tenant tenant, Terminal.Progress progress) {
        var uuids = new HashSet<String>();
        var notifications = new ArrayList<Notification>();
        var now = Instant.now();
        for (int i = 0; i < count; i++) {
            var uuid = UUID.randomUUID();
            var cluster = new ToldCluster(uuid, "bench", tenant.project(), tenant.owner(), Map.of());
            uuids.add(uuid.toString());
            notifications.add(Notification.ofConductor(Action.CREATE, Outcome.PENDING, cluster, now));
            notifications.add(Notification.ofConductor(Action.CREATE, Outcome.SUCCESS, cluster, now));
        }
        return await(uuids, progress, () -> {
            try (var bus = new NotificationBus(kafka)) {
                bus.emit(notifications);
            }
        });
    }

    /** Listens, has the clusters told, and waits until the credential of each is there. */
    List<ClientCredential> await(Set<String> clusters, Terminal.Progress progress, Runnable tell) {
        var credentials = new HashMap<String, ClientCredential>();
        try (var events = CredentialEvents.fromNowOn(kafka)) {
            tell.run();
            long lastNews = System.nanoTime();
            while (credentials.size() < clusters.size()) {
                int before = credentials.size();
                for (var event : events.poll(POLL)) {
                    if (clusters.contains(event.cluster())) {
                        take(event, credentials);
                    }
                }
                progress.at(credentials.size() + " of " + clusters.size());
                if (credentials.size() > before) {
                    lastNews = System.nanoTime();
                } else if (System.nanoTime() - lastNews > SILENCE.toNanos()) {
                    throw new Trouble(
                            "%d of %d clusters have no credential, and none came in %d s"
                                    .formatted(
                                            clusters.size() - credentials.size(), clusters.size(), SILENCE.toSeconds()),
                            "look at the services' logs");
                }
            }
        }
        return List.copyOf(credentials.values());
    }

    private void take(CredentialEvent event, Map<String, ClientCredential> credentials) {
        switch (event.type()) {
            case CredentialEvent.READY -> credentials.put(event.cluster(), key.open(event));
            case CredentialEvent.FAILED ->
                throw new Trouble(
                        "cluster %s got no credential: %s".formatted(event.cluster(), event.meaning()),
                        "look at the services' logs");
            default -> {
                // On the way.
            }
        }
    }
}
