package lanyard.local.conductor;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the events so far say about one credential of one cluster. The highest generation is the one to use; a cluster that is revoked
 * never comes back; a failure counts only while nothing is ready, since a retry may have mended it.
 */
final class CredentialMailbox {
    private final String cluster;
    private final String purpose;
    private final Set<String> otherPurposes = new TreeSet<>();
    private @Nullable CredentialEvent ready;
    private @Nullable CredentialEvent failed;
    private @Nullable CredentialEvent revoked;

    CredentialMailbox(String cluster, String purpose) {
        this.cluster = cluster;
        this.purpose = purpose;
    }

    void take(CredentialEvent event) {
        if (!event.cluster().equals(cluster)) {
            return;
        }
        switch (event.type()) {
            case CredentialEvent.READY -> takeReady(event);
            case CredentialEvent.FAILED -> failed = event;
            case CredentialEvent.REVOKED -> revoked = event;
            default -> {
                // Nothing that the conductor waits for.
            }
        }
    }

    private void takeReady(CredentialEvent event) {
        if (!event.purpose().equals(purpose)) {
            otherPurposes.add(event.purpose());
        } else if (ready == null || event.generation() >= ready.generation()) {
            ready = event;
        }
    }

    @Nullable
    CredentialEvent ready() {
        return ready;
    }

    @Nullable
    CredentialEvent failed() {
        return ready == null ? failed : null;
    }

    @Nullable
    CredentialEvent revoked() {
        return revoked;
    }

    Set<String> otherPurposes() {
        return otherPurposes;
    }
}
