package lanyard.revoker;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.keystone.Reply;
import lanyard.common.settings.ConductorConfig;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's own word on its clusters, where its API is configured. One that does not answer is left in peace for a while, and then
 * asked by one at a time: or each worker would come to wait for it, and clusters about which there is nothing to ask would, too.
 */
@ApplicationScoped
class Conductor {
    private static final Duration REST = Duration.ofSeconds(5);

    private final ConductorApi api;
    private final boolean there;
    private final InstantSource clock;

    /** Until when nobody asks; {@code null} while it answers. */
    private @Nullable Instant restsUntil;

    Conductor(ConductorApi api, ConductorConfig config, InstantSource clock) {
        this.api = api;
        this.there = config.url().isPresent();
        this.clock = clock;
    }

    /** Whether there is anybody to ask. */
    boolean isThere() {
        return there;
    }

    Reply<List<Cluster>> list() {
        return api.listClusters();
    }

    Reply<Cluster> find(String cluster) {
        if (!mayAsk()) {
            return new Reply.Unavailable<>("the conductor's API did not answer a moment ago");
        }
        var reply = api.findCluster(cluster);
        asked(!(reply instanceof Reply.Unavailable<Cluster>));
        return reply;
    }

    private synchronized boolean mayAsk() {
        if (restsUntil == null) {
            return true;
        }
        var now = clock.instant();
        if (now.isBefore(restsUntil)) {
            return false;
        }
        // This one finds out; the others go on resting.
        restsUntil = now.plus(REST);
        return true;
    }

    private synchronized void asked(boolean answered) {
        restsUntil = answered ? null : clock.instant().plus(REST);
    }
}
