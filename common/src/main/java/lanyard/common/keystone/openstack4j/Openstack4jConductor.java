package lanyard.common.keystone.openstack4j;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.Reply;
import lanyard.common.keystone.openstack4j.Calls.Operation;

/** {@link ConductorApi} over openstack4j. */
final class Openstack4jConductor implements ConductorApi {
    private final KeystoneConnection connection;
    private final AdminToken admin;
    private final Calls calls;
    private final ClusterService clusters = new ClusterService();

    Openstack4jConductor(KeystoneConnection connection, AdminToken admin, Calls calls) {
        this.connection = connection;
        this.admin = admin;
        this.calls = calls;
    }

    /** @throws IllegalArgumentException when it can't be the URL of a conductor's API */
    static KeystoneConnection connection(URI url, Duration timeout, KeystoneConfig config) {
        var variable = Peer.CONDUCTOR.variable;
        return new KeystoneConnection(
                Peer.CONDUCTOR,
                KeystoneSettings.url(url, "/v1", variable, "https://magnum.example:9511/v1"),
                timeout,
                config);
    }

    @Override
    public Reply<List<Cluster>> listClusters() {
        return asAdmin(Operation.LIST_CLUSTERS, () -> seesAll().then(all -> {
            var listed = Calls.attempt(() -> new Reply.Done<>(clusters.list()));
            return listed instanceof Reply.Missing<List<Cluster>>()
                    ? new Reply.Unavailable<>("the conductor's list of clusters changed while it was read")
                    : listed;
        }));
    }

    @Override
    public Reply<Cluster> findCluster(String id) {
        return asAdmin(Operation.FIND_CLUSTER, () -> {
            var found = Calls.attempt(() -> new Reply.Done<>(clusters.find(Ids.require(id))));
            return found instanceof Reply.Missing<Cluster>() ? seesAll().then(all -> found) : found;
        });
    }

    /** Whether Magnum shows us all clusters; never {@link Reply.Missing}. */
    private Reply<Void> seesAll() {
        Reply<Void> reply = Calls.attempt(() -> {
            clusters.requireAdministrator();
            return Reply.done();
        });
        return switch (reply) {
            case Reply.Denied<Void>(int status, var _)
            when status == 403 ->
                new Reply.Denied<>(
                        status, "the conductor's API does not take Lanyard's user for an administrator: 403");
            case Reply.Missing<Void>() ->
                new Reply.Unavailable<>("the conductor's API has no statistics: check LANYARD_CONDUCTOR_URL");
            case Reply<Void> other -> other;
        };
    }

    private <T> Reply<T> asAdmin(Operation operation, Supplier<Reply<T>> call) {
        return calls.timed(operation, () -> admin.as(token -> connection.with(token, () -> Calls.attempt(call))));
    }
}
