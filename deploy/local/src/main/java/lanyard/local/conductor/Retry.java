package lanyard.local.conductor;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Another attempt at one cluster, by the events about it: first what was told before; then, behind the request itself, what came of it. All
 * of them have the cluster for their key, so what is told in answer is behind the request on the topic, too.
 */
final class Retry {
    private final UUID cluster;
    private int ready;
    private boolean asked;
    private boolean answering;
    private @Nullable CredentialEvent failed;
    private @Nullable CredentialEvent outcome;

    Retry(UUID cluster) {
        this.cluster = cluster;
    }

    void take(CredentialEvent event) {
        if (!event.cluster().equals(cluster.toString())) {
            return;
        }
        switch (event.type()) {
            // For clients that have theirs, no credential.ready follows: what is provisioned is the end of it.
            case CredentialEvent.PROVISIONED -> ended(event, event.client() <= ready);
            case CredentialEvent.READY -> {
                ready = Math.max(ready, event.generation());
                ended(event, true);
            }
            case CredentialEvent.REVOKED -> ended(event, true);
            case CredentialEvent.FAILED -> {
                ended(event, true);
                failed = event;
            }
            case CredentialEvent.RETRY -> answering = asked;
            default -> {
                // Says nothing of how an attempt came out.
            }
        }
    }

    private void ended(CredentialEvent event, boolean isTheEnd) {
        failed = null;
        if (answering && isTheEnd && outcome == null) {
            outcome = event;
        }
    }

    /** What to ask for. */
    OperatorEvent ask() {
        asked = true;
        return new OperatorEvent(CredentialEvent.RETRY, cluster, OperatorEvent.data(cluster));
    }

    /** What came of it; {@code null} while nothing was told. */
    @Nullable
    CredentialEvent outcome() {
        return outcome;
    }

    /** The failure that was told last; {@code null} if none was, or since something else was told. */
    @Nullable
    CredentialEvent failed() {
        return failed;
    }
}
