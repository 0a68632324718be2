package lanyard.common.keystone.openstack4j;

import static lanyard.common.keystone.openstack4j.Peer.CONDUCTOR;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanyard.common.events.wire.Shape;
import lanyard.common.keystone.ConductorApi.Cluster;
import org.jspecify.annotations.Nullable;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.openstack.internal.BaseOpenStackService;

/**
 * Clusters in Magnum's API. openstack4j has a service for them that knows neither pages nor to whom a cluster belongs. Called within a
 * session; failures are {@link Failed}.
 */
final class ClusterService extends BaseOpenStackService {
    /** Magnum asks its database several times for each cluster of a page. */
    private static final int PAGE = 20;

    /** A list that is longer is none that we could hold. */
    private static final int MOST = 100_000;

    /** Nobody's project. */
    private static final String NO_PROJECT = "0".repeat(32);

    private static final Set<String> LEAVING = Set.of("DELETE_IN_PROGRESS", "DELETE_COMPLETE");

    ClusterService() {
        super(ServiceType.MAGNUM);
    }

    /**
     * Sees to it that Magnum takes the session's user for an administrator, to whom it shows all clusters: anybody else is refused the
     * statistics of another project (403).
     */
    void requireAdministrator() {
        var statistics =
                get(JsonNode.class, "/stats").param("project_id", NO_PROJECT).execute();
        if (!statistics.path("clusters").isInt()) {
            throw Failed.malformed(CONDUCTOR, "the statistics of a project");
        }
    }

    /**
     * All clusters. Magnum lists them in the order in which they were made, each page from after the last cluster of the one before: so
     * what comes and goes meanwhile makes none of the others be left out. If the last one itself has gone, Magnum refuses the next page.
     */
    List<Cluster> list() {
        var clusters = new LinkedHashMap<String, Cluster>();
        for (var page = page(null); ; page = page(clusters.lastEntry().getKey())) {
            var listed = page.path("clusters");
            if (!listed.isArray()) {
                throw Failed.malformed(CONDUCTOR, "a list of clusters");
            }
            for (var each : listed) {
                var cluster = cluster(each);
                if (clusters.put(cluster.id(), cluster) != null || clusters.size() > MOST) {
                    throw Failed.malformed(CONDUCTOR, "a list of %d clusters at most, each once".formatted(MOST));
                }
            }
            if (!page.path("next").isTextual()) {
                return List.copyOf(clusters.values());
            }
            if (listed.isEmpty()) {
                throw Failed.malformed(CONDUCTOR, "a page of clusters");
            }
        }
    }

    private JsonNode page(@Nullable String after) {
        var page = get(JsonNode.class, "/clusters/detail").params(Map.of("limit", PAGE, "sort_key", "id"));
        return (after == null ? page : page.param("marker", after)).execute();
    }

    Cluster find(String id) {
        var cluster = cluster(get(JsonNode.class, "/clusters/", id).execute());
        if (!cluster.id().equals(id)) {
            throw Failed.malformed(CONDUCTOR, "that cluster");
        }
        return cluster;
    }

    private static Cluster cluster(JsonNode cluster) {
        var id = cluster.path("uuid").asText();
        var status = cluster.path("status");
        // A cluster that Magnum has only just made has no status yet.
        if (!Shape.CLUSTER.fits(id) || !(status.isTextual() || status.isNull())) {
            throw Failed.malformed(CONDUCTOR, "a cluster");
        }
        return new Cluster(
                id,
                fitting(cluster, "project_id", Shape.KEYSTONE_ID),
                fitting(cluster, "user_id", Shape.USER_ID),
                LEAVING.contains(status.asText()),
                time(cluster.path("created_at").asText()));
    }

    private static @Nullable String fitting(JsonNode cluster, String field, Shape shape) {
        var value = cluster.path(field).asText();
        return shape.fits(value) ? value : null;
    }

    private static @Nullable Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
