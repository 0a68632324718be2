package lanyard.tokenissuer;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.quarkus.scheduler.Scheduled;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import lanyard.common.events.wire.Shape;
import lanyard.common.reconcile.Phase;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The clusters that the door serves, in memory: what the rows say, joined with what this replica has heard on the bus and the rows may
 * not say yet. So a revocation counts from the moment at which it is heard, whichever replica commits it and when.
 */
@Singleton
public class Clusters {
    private static final Logger LOG = Logger.getLogger(Clusters.class);

    /** What a credential's id looks like: anything else is not worth a question to the database. */
    private static final Pattern CREDENTIAL = Pattern.compile("[0-9a-f]{32}");

    private final ClusterStore store;
    private final TokenCache tokens;
    /** Which cluster a credential is of. That never changes. */
    private final Cache<String, String> clusterOfCredential;

    private final AsyncCache<String, Served> served;
    private final Map<String, Entitlement> heard = new ConcurrentHashMap<>();

    @Inject
    Clusters(ClusterStore store, TokenCache tokens, TokenIssuerConfig config) {
        this(store, tokens, config, Executors.newVirtualThreadPerTaskExecutor());
    }

    /** @param executor reads the rows */
    Clusters(ClusterStore store, TokenCache tokens, TokenIssuerConfig config, Executor executor) {
        this.store = store;
        this.tokens = tokens;
        this.clusterOfCredential =
                Caffeine.newBuilder().maximumSize(config.door().tokensToKeep()).build();
        this.served = Caffeine.newBuilder()
                .maximumSize(config.door().tokensToKeep())
                .executor(executor)
                .buildAsync();
    }

    /** How a login names what it is for. */
    public sealed interface Name {
        record OfCredential(String id) implements Name {}

        record OfCluster(String cluster) implements Name {}
    }

    /** The cluster, if it is at hand. Never blocks. */
    public @Nullable Served atHand(Name name) {
        return switch (name) {
            case Name.OfCluster(var cluster) -> atHand(cluster);
            case Name.OfCredential(var id) -> {
                var cluster = clusterOfCredential.getIfPresent(id);
                var found = cluster == null ? null : atHand(cluster);
                yield found == null || !found.credentials().containsKey(id) ? null : found;
            }
        };
    }

    private @Nullable Served atHand(String cluster) {
        var future = served.getIfPresent(cluster);
        return future == null || !future.isDone() || future.isCompletedExceptionally() ? null : future.join();
    }

    /** The cluster; {@code null} if there is none of that name. Blocks, and throws when the database does not answer. */
    public @Nullable Served find(Name name) {
        return switch (name) {
            case Name.OfCluster(var cluster) -> Shape.CLUSTER.fits(cluster) ? get(cluster) : null;
            case Name.OfCredential(var id) -> {
                var cluster = CREDENTIAL.matcher(id).matches()
                        ? clusterOfCredential.get(id, store::clusterOfCredential)
                        : null;
                if (cluster == null) {
                    yield null;
                }
                var found = get(cluster);
                if (found == null || !found.credentials().containsKey(id)) {
                    // Read before the credential was there, or after it was over.
                    served.synchronous().invalidate(cluster);
                    found = get(cluster);
                }
                yield found;
            }
        };
    }

    /** The cluster that a trust is for, if it is served by it now; {@code null} otherwise. Blocks. */
    public @Nullable Served findByTrust(String trust) {
        var cluster = store.clusterOfTrust(trust);
        return cluster == null ? null : get(cluster);
    }

    /** Whether nothing was heard of the cluster since this was found. */
    public boolean isCurrent(Served found) {
        return found.equals(atHand(found.cluster()));
    }

    /** Takes what the bus says of a cluster into account, from now on. */
    void hear(String cluster, Entitlement entitlement) {
        heard.merge(cluster, entitlement, Entitlement::join);
        if (entitlement.phase() == Phase.ABSENT) {
            forget(cluster);
        } else {
            refresh(cluster);
        }
    }

    /** Forgets what was read of a cluster, also what is being read, and the tokens that are kept for it. */
    void forget(String cluster) {
        served.synchronous().invalidate(cluster);
        tokens.drop(cluster);
    }

    /** Forgets what was read of a cluster. Its tokens stay. */
    void refresh(String cluster) {
        served.synchronous().invalidate(cluster);
    }

    private @Nullable Served get(String cluster) {
        try {
            return served.get(cluster, (key, executor) -> CompletableFuture.supplyAsync(() -> read(key), executor))
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @SuppressWarnings("NullAway") // Caffeine takes null for: not there, and does not keep it.
    private Served read(String cluster) {
        var recorded = store.read(cluster);
        var news = heard.get(cluster);
        if (recorded == null) {
            return null;
        }
        if (news == null) {
            return Served.of(cluster, recorded.entitlement(), recorded.credentials());
        }
        var owed = recorded.entitlement().join(news);
        if (owed.equals(recorded.entitlement())) {
            heard.remove(cluster, news);
        }
        return Served.of(cluster, owed, recorded.credentials());
    }

    /** What the rows say by now need not be remembered. */
    @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void settle() {
        heard.forEach((cluster, news) -> {
            try {
                var recorded = store.read(cluster);
                if (recorded != null && recorded.entitlement().join(news).equals(recorded.entitlement())) {
                    heard.remove(cluster, news);
                }
            } catch (RuntimeException e) {
                LOG.debugf("what was heard of cluster %s is remembered on: %s", cluster, e.getMessage());
            }
        });
    }
}
