package lanyard.provisioner;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.CredentialProvisioned.Generation;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.FailureReason;
import lanyard.common.reconcile.Desired;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.provisioner.Provisioning.Announced;
import lanyard.provisioner.Provisioning.Recorded;
import org.jspecify.annotations.Nullable;

/** What should be true of a cluster, and what was done for it. Holds ids and generations only. */
@Entity
@Table(name = "cluster")
class ClusterRow extends LeasedCluster {
    @Column(nullable = false)
    int client;

    @Column(nullable = false)
    int backend;

    @Column
    @Nullable
    String project;

    @Column
    @Nullable
    String owner;

    @Column(nullable = false)
    boolean disputed;

    @Column(nullable = false)
    Instant firstHeard;

    /** The generation of the client credential that was begun last, and its master key; written before Keystone is touched. */
    @Column(nullable = false)
    int clientBegun;

    @Column
    @Nullable
    String clientKey;

    /** The generation of the backend that was begun last, and its master key; written before Keystone is touched. */
    @Column(nullable = false)
    int backendBegun;

    @Column
    @Nullable
    String backendKey;

    /** Whether Keystone may hold something of it that was not told. A new row may be that of a database which was set back. */
    @Column(nullable = false)
    boolean touched;

    @Column(nullable = false)
    int clientAnnounced;

    @Column(nullable = false)
    int backendAnnounced;

    /** Ids of the trusts that were announced last. */
    @Column(nullable = false)
    String[] trusts;

    /** The roles that they delegate. */
    @Column(nullable = false)
    String[] roles;

    /** Whether Keystone may hold other trusts of the cluster. */
    @Column(nullable = false)
    boolean surplus;

    /** The failure that was told last, so that it is told once; {@code null} when there is none. */
    @Column
    @Enumerated(EnumType.STRING)
    @Nullable
    FailureReason failure;

    @Column(nullable = false)
    boolean revoked;

    /**
     * Id of the project in whose custodian the cluster has a share: written before Keystone is touched, and kept whatever is heard
     * later, until it is given back.
     */
    @Column
    @Nullable
    String share;

    Desired desired() {
        return new Desired(phase, client, backend, project, owner, disputed);
    }

    Recorded recorded(Duration ownerDeadline) {
        return new Recorded(
                clientKey == null ? null : new Generation(clientBegun, clientKey),
                backendKey == null ? null : new Generation(backendBegun, backendKey),
                touched,
                new Announced(clientAnnounced, backendAnnounced, List.of(trusts), Set.of(roles)),
                surplus,
                revoked,
                share,
                firstHeard.plus(ownerDeadline));
    }

    /** Takes what was heard into the row. What is new makes the row due. */
    void hear(Desired heard, boolean nowRevoked, Instant now) {
        var joined = desired().join(heard);
        if (joined.equals(desired()) && (revoked || !nowRevoked)) {
            return;
        }
        // It may have been heard before, and acted on, and both be lost with a database that was set back.
        touched |= joined.client() > client || joined.backend() > backend || !Objects.equals(joined.project(), project);
        phase = joined.phase();
        client = joined.client();
        backend = joined.backend();
        project = joined.project();
        owner = joined.owner();
        disputed = joined.disputed();
        revoked |= nowRevoked;
        due(now);
    }

    /** Keystone is about to be changed for these generations. A new one gets the key that is current; another keeps its own. */
    void begin(String newShare, int newClient, int newBackend, String currentKey) {
        touched = true;
        share = newShare;
        if (clientKey == null || clientBegun < newClient) {
            clientBegun = newClient;
            clientKey = currentKey;
        }
        if (backendKey == null || backendBegun < newBackend) {
            backendBegun = newBackend;
            backendKey = currentKey;
        }
    }

    /**
     * Takes in what the provisioner itself told of the cluster, which is news only to a database that was set back since: the cluster has
     * its credential, and its share in the custodian. That of one that is gone is to be given back.
     */
    void recall(CredentialProvisioned told, Instant now) {
        var client = told.client();
        var backend = told.backend();
        var isKnown = clientAnnounced >= client.generation() && backendAnnounced >= backend.generation();
        if (isKnown && (revoked || share != null)) {
            return;
        }
        if (clientKey == null || clientBegun <= client.generation()) {
            clientBegun = client.generation();
            clientKey = client.key();
        }
        if (backendKey == null || backendBegun <= backend.generation()) {
            backendBegun = backend.generation();
            backendKey = backend.key();
        }
        if (backendAnnounced <= backend.generation()) {
            var stillTouched = touched;
            // Not where a forged notification has had it begin since.
            share = told.project();
            announce(
                    Math.max(clientAnnounced, client.generation()),
                    backend.generation(),
                    told.grants(),
                    backendAnnounced > 0);
            touched = stillTouched;
        }
        due(now);
    }

    /** The cluster has its credential, made of these. */
    void announce(int newClient, int newBackend, List<Grant> grants, boolean mayHaveOthers) {
        touched = false;
        clientAnnounced = newClient;
        backendAnnounced = newBackend;
        trusts = grants.stream().map(Grant::trust).toArray(String[]::new);
        roles = grants.stream()
                .flatMap(grant -> grant.roles().stream())
                .distinct()
                .toArray(String[]::new);
        surplus |= mayHaveOthers;
        failure = null;
    }
}
