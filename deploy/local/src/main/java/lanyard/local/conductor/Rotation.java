package lanyard.local.conductor;

import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One rotation of one cluster, by the events about it: first what there is, then what was asked for, then how far that has come. A
 * failure counts if it is of what was asked for: one of an older generation is what the rotation mends.
 */
final class Rotation {
    /** What is made anew. */
    enum Of {
        /** What the cluster's clients hold. */
        CLIENT,
        /** What stands behind it in Keystone; no node is touched. */
        BACKEND;

        private int generation(CredentialEvent event) {
            return this == CLIENT ? event.client() : event.backend();
        }
    }

    private final UUID cluster;
    private final Of of;
    private final Set<String> purposes = new TreeSet<>();
    private final Set<String> ready = new TreeSet<>();
    private int client;
    private int backend;
    private int wanted;
    private boolean asked;
    private @Nullable CredentialEvent failed;
    private @Nullable CredentialEvent revoked;

    /** @param wanted the generation to ask for; 0 for one more than what was told last */
    Rotation(UUID cluster, Of of, int wanted) {
        this.cluster = cluster;
        this.of = of;
        this.wanted = wanted;
    }

    void take(CredentialEvent event) {
        if (!event.cluster().equals(cluster.toString())) {
            return;
        }
        switch (event.type()) {
            case CredentialEvent.PROVISIONED -> takeProvisioned(event);
            case CredentialEvent.READY -> takeReady(event);
            case CredentialEvent.FAILED -> takeFailed(event);
            case CredentialEvent.REVOKED -> revoked = event;
            default -> {
                // Says nothing of generations.
            }
        }
    }

    private void takeProvisioned(CredentialEvent event) {
        client = Math.max(client, event.client());
        backend = Math.max(backend, event.backend());
        purposes.clear();
        purposes.addAll(event.purposes());
        failed = null;
    }

    private void takeReady(CredentialEvent event) {
        if (asked && event.generation() >= wanted) {
            ready.add(event.purpose());
        }
    }

    private void takeFailed(CredentialEvent event) {
        if (asked && of.generation(event) >= wanted) {
            failed = event;
        }
    }

    /** The generation that was told last; 0 if none was. */
    int told() {
        return of == Of.CLIENT ? client : backend;
    }

    /** What to ask for. From here on, what is heard is the answer. */
    OperatorEvent ask() {
        wanted = wanted == 0 ? told() + 1 : wanted;
        asked = true;
        // It says what should be true, so saying it twice rotates once.
        return new OperatorEvent(
                CredentialEvent.ROTATION,
                cluster,
                OperatorEvent.data(cluster)
                        .put("client", of == Of.CLIENT ? wanted : Math.max(client, 1))
                        .put("backend", of == Of.CLIENT ? Math.max(backend, 1) : wanted));
    }

    boolean isDone() {
        return switch (of) {
            case BACKEND -> backend >= wanted;
            case CLIENT -> client >= wanted && ready.containsAll(purposes);
        };
    }

    int wanted() {
        return wanted;
    }

    /** For what the new client credential is ready already. */
    Set<String> ready() {
        return ready;
    }

    @Nullable
    CredentialEvent failed() {
        return failed;
    }

    @Nullable
    CredentialEvent revoked() {
        return revoked;
    }
}
