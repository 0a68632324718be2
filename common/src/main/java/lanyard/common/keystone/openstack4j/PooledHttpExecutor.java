package lanyard.common.keystone.openstack4j;

import org.openstack4j.core.transport.HttpExecutorService;
import org.openstack4j.core.transport.HttpRequest;
import org.openstack4j.core.transport.HttpResponse;

/**
 * openstack4j's way out to the network: over the pooled connections of the {@link KeystoneConnection} that the request belongs to.
 *
 * <p>openstack4j makes one instance for the whole process and hands it no settings. What it does hand over with each request is the
 * {@code Config} it was made with, and the one part of that which openstack4j leaves alone is its endpoint resolver. So the
 * connection is resolver and executor in one. It is asked for by openstack4j's types alone: whoever loads this class for
 * openstack4j need not be the class loader that made the connection, and in Quarkus's tests it is not.
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
