package lanyard.simulation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lanyard.common.events.CredentialRevoked;
import lanyard.common.events.EventCodec;
import lanyard.common.events.Read;
import lanyard.common.events.RotationRequested;
import org.jspecify.annotations.Nullable;

/** The clusters as they really are, and what the conductor says of them, which is less. */
final class Conductor {
    private static final long LONGEST_REMOVAL = 5 * World.MINUTE;

    private final World world;
    private final ModelKafka kafka;
    private final Map<String, Cluster> clusters = new TreeMap<>();
    private final Set<String> poison = new TreeSet<>();
    private int busy;

    Conductor(World world, ModelKafka kafka, ModelKeystone keystone) {
        Cluster before = null;
        this.world = world;
        this.kafka = kafka;
        for (int i = 1; i <= world.plan.clusters(); i++) {
            var predecessor = world.plan.succession() ? before : null;
            var cluster = new Cluster(
                    "c%07d-0000-4000-8000-%012d".formatted(i, world.random.nextInt(1_000_000)),
                    world.oneOf(world.plan.projectNames()),
                    "owner-" + i);
            clusters.put(cluster.id, cluster);
            if (world.random.nextInt(20) > 0) {
                keystone.customer(cluster.owner, cluster.project, rolesOfOwner());
            }
            busy++;
            world.spawn(null, "conductor " + cluster.id.substring(0, 8), () -> {
                if (predecessor != null) {
                    awaitEnd(predecessor);
                }
                live(cluster);
            });
            before = cluster;
        }
        for (int i = 0; i < world.plan.rotations(); i++) {
            busy++;
            world.spawn(null, "operator", this::rotate);
        }
    }

    private Set<String> rolesOfOwner() {
        return switch (world.random.nextInt(10)) {
            case 0 -> Set.of("reader");
            case 1 -> Set.of("member");
            default -> Set.of("member", "load-balancer_member");
        };
    }

    /** One cluster, and what was told of it. What was told and lost was not told. */
    static final class Cluster {
        final String id;
        final String project;
        final String owner;
        /** Whether a create that names the owner came through. */
        boolean ownerTold;
        /** Whether anything came through. */
        boolean told;
        /** Whether a sign of its deletion came through. */
        boolean deletionTold;
        /** Whether its deletion was begun. */
        boolean deleted;
        /** Whether the conductor does nothing more with it. */
        boolean over;
        /** The project that was told with another owner; {@code null} if none was. */
        @Nullable
        String forgedProject;

        /** Since when it is there; {@code null} before. */
        @Nullable
        Instant madeAt;

        /** Whether it is there no more. */
        boolean gone;

        int wantedClient = 1;
        int wantedBackend = 1;

        Cluster(String id, String project, String owner) {
            this.id = id;
            this.project = project;
            this.owner = owner;
        }
    }

    Collection<Cluster> clusters() {
        return clusters.values();
    }

    Cluster cluster(String id) {
        return Objects.requireNonNull(clusters.get(id));
    }

    @Nullable
    Cluster clusterIfKnown(String id) {
        return clusters.get(id);
    }

    /** Where messages are that nobody can understand. */
    Set<String> poison() {
        return poison;
    }

    /** Whether all has been said. */
    boolean isDone() {
        return busy == 0;
    }

    /** Who replaces a cluster by another waits until its credential is told to be revoked, or for a while. */
    private void awaitEnd(Cluster cluster) {
        var bus = kafka.watch("conductor", ModelKafka.CREDENTIALS);
        world.await(Coroutine.Next.COMPUTE, () -> cluster.over);
        var until = world.now() + (cluster.deleted ? LONGEST_REMOVAL : 0);
        var revoked = false;
        while (!revoked && world.now() < until) {
            world.await(Coroutine.Next.KAFKA, () -> bus.hasNext() || world.now() >= until, () -> until);
            revoked = bus.hasNext()
                    && EventCodec.read(bus.poll().value())
                            instanceof Read.Event(CredentialRevoked told, var _, var _, var _)
                    && told.cluster().equals(cluster.id);
        }
        world.sleep(world.someTime(World.SECOND));
    }

    private void live(Cluster cluster) {
        if (!world.plan.succession()) {
            pause();
        }
        cluster.madeAt = World.instant(world.now());
        tell(cluster, "create", "pending", cluster.owner);
        if (world.strikes(Fault.FORGED_CREATE)) {
            var project = world.random.nextBoolean() ? cluster.project : world.oneOf(world.plan.projectNames());
            tell(cluster, "create", "pending", project, "forger");
        }
        pause();
        if (world.random.nextInt(4) > 0) {
            tell(cluster, "create", world.random.nextInt(5) == 0 ? "failure" : "success", null);
            pause();
        }
        if (world.random.nextInt(4) == 0) {
            tell(cluster, "update", "pending", null);
            tell(cluster, "update", "success", null);
            pause();
        }
        if (world.strikes(Fault.FORGED_DELETE)) {
            forgeDeletion(cluster);
        }
        if (world.random.nextInt(3) > 0) {
            cluster.deleted = true;
            tell(cluster, "delete", "pending", null);
            pause();
            cluster.gone = true;
            if (world.random.nextInt(5) > 0) {
                tell(cluster, "delete", "success", null);
            }
        }
        cluster.over = true;
        busy--;
    }

    /** Somebody says of a cluster that it is deleted, or being deleted, or both. */
    private void forgeDeletion(Cluster cluster) {
        for (var outcome : List.of("pending", "success")) {
            if (world.random.nextInt(3) > 0) {
                world.log("%s delete/%s: FORGED".formatted(cluster.id.substring(0, 8), outcome));
                send(ModelKafka.INFO, Messages.notification(cluster.id, "delete", outcome, cluster.project, null));
            }
        }
        if (world.random.nextBoolean()) {
            pause();
        }
    }

    private void pause() {
        world.sleep(world.someTime(10 * World.MINUTE));
    }

    private void tell(Cluster cluster, String action, String outcome, @Nullable String owner) {
        tell(cluster, action, outcome, cluster.project, owner);
    }

    private void tell(Cluster cluster, String action, String outcome, String project, @Nullable String owner) {
        var topic = outcome.equals("failure") ? ModelKafka.ERROR : ModelKafka.INFO;
        var body = Messages.notification(cluster.id, action, outcome, project, owner);
        if (world.strikes(Fault.POISON)) {
            spoil(topic, cluster);
        }
        if (world.strikes(Fault.MESSAGE_LOST)) {
            world.log("%s %s/%s: LOST".formatted(cluster.id.substring(0, 8), action, outcome));
            return;
        }
        cluster.told = true;
        cluster.ownerTold |= cluster.owner.equals(owner);
        if (owner != null && !cluster.owner.equals(owner)) {
            cluster.forgedProject = project;
        }
        cluster.deletionTold |= action.equals("delete");
        send(topic, body);
        if (world.strikes(Fault.MESSAGE_DUPLICATED)) {
            send(topic, body);
        }
    }

    private void send(String topic, byte[] body) {
        if (world.strikes(Fault.MESSAGE_DELAYED)) {
            busy++;
            var delay = world.someTime(10 * World.MINUTE);
            world.spawn(null, "network", () -> {
                world.sleep(delay);
                put(topic, null, body);
                busy--;
            });
        } else {
            put(topic, null, body);
        }
    }

    private String put(String topic, @Nullable String key, byte[] body) {
        var record = kafka.append(topic, key, body);
        var place = "%s/%d@%d".formatted(topic, record.partition(), record.offset());
        if (world.trace.isKept()) {
            world.log("says " + Messages.summary(body) + " at " + place);
        }
        return place;
    }

    private void spoil(String topic, Cluster cluster) {
        var body = Messages.notification("not-a-uuid", "create", "pending", cluster.project, null);
        poison.add(world.random.nextBoolean() ? put(topic, null, body) : put(ModelKafka.CREDENTIALS, cluster.id, body));
    }

    /** An operator asks for other generations of a cluster that has its credential. */
    private void rotate() {
        pause();
        var provisioned = new TreeSet<String>();
        for (var record : kafka.all(ModelKafka.CREDENTIALS)) {
            if (record.key() != null
                    && clusters.containsKey(record.key())
                    && Messages.summary(record.value()).startsWith("CredentialProvisioned")) {
                provisioned.add(record.key());
            }
        }
        if (!provisioned.isEmpty()) {
            var cluster = cluster(world.oneOf(new ArrayList<>(provisioned)));
            if (world.random.nextBoolean()) {
                cluster.wantedClient++;
            } else {
                cluster.wantedBackend++;
            }
            var request = new RotationRequested(cluster.id, cluster.wantedClient, cluster.wantedBackend);
            put(
                    ModelKafka.CREDENTIALS,
                    cluster.id,
                    Messages.event(request, world.random.nextInt(1_000_000), World.instant(world.now())));
        }
        busy--;
    }

    /** Whether Lanyard has to know that there is this cluster. */
    boolean isKnown(Cluster cluster) {
        return world.plan.asksConductor() || cluster.told;
    }

    /** Whether Lanyard has to know that this cluster is on its way out: what nobody was told, only the conductor's API knows. */
    boolean isKnownToGo(Cluster cluster) {
        return world.plan.asksConductor() ? cluster.deleted : cluster.deletionTold;
    }

    List<Cluster> existing() {
        return clusters.values().stream().filter(one -> !isKnownToGo(one)).toList();
    }

    /** The projects that have a cluster. */
    Set<String> projects() {
        var projects = new HashSet<String>();
        existing().forEach(cluster -> projects.add(cluster.project));
        return projects;
    }
}
