package lanyard.common.reconcile;

import lanyard.common.conductor.ClusterNotification;
import lanyard.common.events.ClusterListed;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.FailureReason;
import lanyard.common.events.RotationRequested;
import org.jspecify.annotations.Nullable;

/**
 * What should be true of a cluster, as far as it has been heard.
 *
 * <p>{@link #join} is the only way two of them meet. It is commutative, associative and idempotent (a test holds it to that), so
 * neither the order of events nor their repetition can matter.
 *
 * @param client generation of its client credential, from 1; the higher wins
 * @param backend generation of what stands behind that in Keystone, from 1; the higher wins
 * @param project id of its project; {@code null} until an event told it
 * @param owner id of the user who made the cluster; {@code null} until the one event that tells it was heard
 * @param disputed whether two events named different projects or owners. One of them lies, and nobody can tell which, so nothing
 *     more is granted
 */
public record Desired(
        Phase phase, int client, int backend, @Nullable String project, @Nullable String owner, boolean disputed) {

    /** What says nothing: the neutral element of the join. */
    private static final Desired NOTHING = new Desired(Phase.PRESENT, 1, 1, null, null, false);

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
        return new Desired(phase, 1, 1, notification.project(), notification.owner(), false);
    }

    /** What the conductor's own list says of a cluster. */
    public static Desired heard(ClusterListed listed) {
        return new Desired(Phase.PRESENT, 1, 1, listed.project(), listed.owner(), false);
    }

    /** What an operator's request for a rotation says. */
    public static Desired heard(RotationRequested request) {
        return new Desired(Phase.PRESENT, request.client(), request.backend(), null, null, false);
    }

    /** What a failure says: a backend that Keystone gives no tokens for is to be followed by another; any other says nothing. */
    public static Desired heard(CredentialFailed failure) {
        return failure.reason() == FailureReason.TOKEN_REFUSED
                ? new Desired(
                        Phase.PRESENT,
                        1,
                        Math.min(failure.backend() + 1, CredentialEvent.HIGHEST_GENERATION),
                        null,
                        null,
                        false)
                : NOTHING;
    }

    /** That nothing of a cluster should be left, whatever else was heard. */
    public static Desired absent() {
        return new Desired(Phase.ABSENT, 1, 1, null, null, false);
    }

    /** What should be true when both have been heard. */
    public Desired join(Desired other) {
        return new Desired(
                phase.join(other.phase),
                Math.max(client, other.client),
                Math.max(backend, other.backend),
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
