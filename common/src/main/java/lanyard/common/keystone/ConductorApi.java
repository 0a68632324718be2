package lanyard.common.keystone;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Lanyard asks of the conductor's own API, as the administrator that it is at Keystone: which clusters there are. The API is
 * Magnum's (https://docs.openstack.org/api-ref/container-infrastructure-management/).
 *
 * <p>To whoever is no administrator Magnum shows the clusters of one project, and answers 404 for all others. So what is not there is
 * only believed when Magnum has shown, at the same time, that it takes us for one; otherwise the reply is {@link Reply.Denied}.
 */
public interface ConductorApi {
    /** All clusters of all projects. Part of a list is never {@link Reply.Done}. */
    Reply<List<Cluster>> listClusters();

    /** The cluster with this UUID; {@link Reply.Missing} if there is none, in whatever project. */
    Reply<Cluster> findCluster(String id);

    /**
     * A cluster as the conductor knows it.
     *
     * @param project id of its project; {@code null} if it has not the shape of one
     * @param owner id of the user who made it; {@code null} if it has not the shape of one
     * @param leaving whether it is being deleted, or was. One whose deletion failed is not
     * @param madeAt when it was made, by the conductor's clock; {@code null} if that was not said
     */
    record Cluster(
            String id, @Nullable String project, @Nullable String owner, boolean leaving, @Nullable Instant madeAt) {}
}
