package lanyard.simulation;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.Reply;

/** The conductor's API: which clusters there really are. It may be slow, and away for a while. */
final class ModelConductor implements ConductorApi {
    private static final long LONGEST_OUTAGE = 20 * World.MINUTE;
    private static final long LONGEST_DELAY = 10 * World.SECOND;

    private final World world;
    private final Supplier<Conductor> truth;
    private long outageUntil;
    /** What the last list had. */
    private Set<String> listed = new HashSet<>();

    ModelConductor(World world, Supplier<Conductor> truth) {
        this.world = world;
        this.truth = truth;
    }

    @Override
    public Reply<List<Cluster>> listClusters() {
        return call("list clusters", () -> {
            var all = truth.get().clusters().stream()
                    .filter(ModelConductor::isThere)
                    .toList();
            if (world.has(Mutation.HEAL_FROM_PART_OF_A_LIST)) {
                all = all.stream()
                        .filter(cluster -> world.random.nextInt(3) > 0)
                        .toList();
                listed = new HashSet<>(all.stream().map(cluster -> cluster.id).toList());
            }
            return new Reply.Done<>(all.stream().map(ModelConductor::shown).toList());
        });
    }

    @Override
    public Reply<Cluster> findCluster(String id) {
        return call("find cluster " + id, () -> {
            var cluster = truth.get().clusterIfKnown(id);
            return cluster != null
                            && isThere(cluster)
                            && (!world.has(Mutation.HEAL_FROM_PART_OF_A_LIST) || listed.contains(id))
                    ? new Reply.Done<>(shown(cluster))
                    : new Reply.Missing<>();
        });
    }

    private static boolean isThere(Conductor.Cluster cluster) {
        return cluster.madeAt != null && !cluster.gone;
    }

    private static Cluster shown(Conductor.Cluster cluster) {
        return new Cluster(cluster.id, cluster.project, cluster.owner, cluster.deleted, cluster.madeAt);
    }

    private <T> Reply<T> call(String what, Supplier<Reply<T>> answer) {
        world.step(Coroutine.Next.COMPUTE);
        if (world.strikes(Fault.CONDUCTOR_SLOW)) {
            world.sleep(world.someTime(LONGEST_DELAY));
        }
        if (world.strikes(Fault.CONDUCTOR_UNAVAILABLE)) {
            outageUntil = world.now() + world.someTime(LONGEST_OUTAGE);
        }
        if (!world.isCalm() && world.now() < outageUntil) {
            world.log("conductor's API " + what + ": UNAVAILABLE");
            return new Reply.Unavailable<>("503");
        }
        var reply = answer.get();
        if (world.trace.isKept()) {
            world.log("conductor's API " + what + ": " + reply);
        }
        return reply;
    }
}
