package lanyard.local.conductor;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the events so far say about one credential of one cluster. The highest generation is the one to use, and none is ready while a
 * higher one is provisioned; a cluster that is revoked never comes back; a failure counts only until something is provisioned or
 * ready after it, since a retry has mended it.
 */
final class CredentialMailbox {
    private final String cluster;
    private final String purpose;
    private final Set<String> otherPurposes = new TreeSet<>();
    private int provisioned;
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
            case CredentialEvent.PROVISIONED -> takeProvisioned(event);
            case CredentialEvent.READY -> takeReady(event);
            case CredentialEvent.FAILED -> failed = event;
            case CredentialEvent.REVOKED -> revoked = event;
            default -> {
                // Nothing that the conductor waits for.
            }
        }
    }

    private void takeProvisioned(CredentialEvent event) {
        provisioned = Math.max(provisioned, event.client());
        failed = null;
    }

    private void takeReady(CredentialEvent event) {
        if (!event.purpose().equals(purpose)) {
            otherPurposes.add(event.purpose());
        } else if (ready == null || event.generation() >= ready.generation()) {
            ready = event;
            failed = null;
        }
    }

    @Nullable
    CredentialEvent ready() {
        return ready == null || ready.generation() < provisioned ? null : ready;
    }

    @Nullable
    CredentialEvent failed() {
        return ready() == null ? failed : null;
    }

    @Nullable
    CredentialEvent revoked() {
        return revoked;
    }

    Set<String> otherPurposes() {
        return otherPurposes;
    }
}
