package lanyard.common.reconcile;

import lanyard.common.conductor.ClusterNotification;
import org.jspecify.annotations.Nullable;

/**
 * What should be true of a cluster, as far as it has been heard.
 *
 * <p>{@link #join} is the only way two of them meet. It is commutative, associative and idempotent (a test holds it to that), so
 * neither the order of events nor their repetition can matter.
 *
 * @param generation of its credential, from 1; the higher wins
 * @param project id of its project; {@code null} until an event told it
 * @param owner id of the user who made the cluster; {@code null} until the one event that tells it was heard
 * @param disputed whether two events named different projects or owners. One of them lies, and nobody can tell which, so nothing
 *     more is granted
 */
public record Desired(Phase phase, int generation, @Nullable String project, @Nullable String owner, boolean disputed) {

    /** What one notification of the conductor's says. */
    public static Desired heard(ClusterNotification notification) {
        var phase =
                switch (notification.action()) {
                    // A cluster whose creation failed is there, in need of clean-up, until it is deleted.
                    case CREATE, UPDATE -> Phase.PRESENT;
                    case DELETE ->
                        switch (notification.outcome()) {
                            case SUCCESS -> Phase.ABSENT;
                            case PENDING, FAILURE -> Phase.DELETING;
                        };
                };
        return new Desired(phase, 1, notification.project(), notification.owner(), false);
    }

    /** That nothing of a cluster should be left, whatever else was heard. */
    public static Desired absent() {
        return new Desired(Phase.ABSENT, 1, null, null, false);
    }

    /** What should be true when both have been heard. */
    public Desired join(Desired other) {
        return new Desired(
                phase.join(other.phase),
                Math.max(generation, other.generation),
                either(project, other.project),
                either(owner, other.owner),
                disputed || other.disputed || differ(project, other.project) || differ(owner, other.owner));
    }

    private static boolean differ(@Nullable String one, @Nullable String other) {
        return one != null && other != null && !one.equals(other);
    }

    /** The known one; of two, the lesser, because a join must not depend on which came first. */
    private static @Nullable String either(@Nullable String one, @Nullable String other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }
}
