package lanyard.common.keystone.openstack4j;

import org.openstack4j.core.transport.HttpExecutorService;
import org.openstack4j.core.transport.HttpRequest;
import org.openstack4j.core.transport.HttpResponse;

/**
 * openstack4j's way out to the network: over the pooled connections of the {@link KeystoneConnection} that the request belongs to.
 *
 * <p>openstack4j makes one instance for the whole process and hands it no settings. What it does hand over with each request is the
 * {@code Config} it was made with, and the one part of that which openstack4j leaves alone is its endpoint resolver. So the
 * connection is resolver and executor in one.
 *
 * <p>openstack4j looks for this class with its own class loader. In Quarkus's tests and dev mode that one sees libraries only, so
 * an application must have {@code quarkus.class-loading.reloadable-artifacts=com.github.openstack4j.core:openstack4j-core}.
 */
public final class PooledHttpExecutor implements HttpExecutorService {
    @Override
    public <R> HttpResponse execute(HttpRequest<R> request) {
        if (request.getConfig().getEndpointURLResolver() instanceof HttpExecutorService connection) {
            return connection.execute(request);
        }
        throw new IllegalStateException("an openstack4j request that was not made over a KeystoneConnection");
    }

    @Override
    public String getExecutorDisplayName() {
        return "Lanyard's pooled connections";
    }
}
