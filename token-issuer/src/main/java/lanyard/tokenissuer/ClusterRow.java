package lanyard.tokenissuer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.tokenissuer.Entitlement.Backend;
import lanyard.tokenissuer.Entitlement.Grant;
import lanyard.tokenissuer.Entitlement.Trustee;
import lanyard.tokenissuer.Preparation.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * What the door owes a cluster, and what was told of it. Holds ids and generations only. Once ABSENT, the row is the cluster's
 * tombstone and stays.
 */
@Entity
@Table(name = "cluster")
class ClusterRow extends LeasedCluster {
    @Column(nullable = false)
    int client;

    /** {@code null} while no generation of the client was heard, and when it is disputed. */
    @Column
    @Nullable
    String clientKey;

    @Column(nullable = false)
    int backend;

    /** This and {@link #project} are {@code null} while no backend was heard, and when it is disputed. */
    @Column
    @Nullable
    String backendKey;

    @Column
    @Nullable
    String project;

    @Column
    @Nullable
    String trustee;

    @Column
    @Nullable
    String trusteeDomain;

    /** The generation of the client credentials that was told as ready last; 0 if none was. */
    @Column(nullable = false)
    int announced;

    /** The generation of the backend for which Keystone gave tokens; 0 if none did, or since it refused one. */
    @Column(nullable = false)
    int proven;

    /** The generation of the backend that was told as failed last; 0 if none was. */
    @Column(nullable = false)
    int told;

    @Column
    @Nullable
    Instant toldAt;

    /** How many backends in a row were told as failed. */
    @Column(nullable = false)
    int refusals;

    /** Why the last attempt to serve the cluster failed; {@code null} when it did not. */
    @Column
    @Enumerated(EnumType.STRING)
    @Nullable
    Failure failure;

    /** What keeps a cluster from being served. */
    enum Failure {
        KEYSTONE_REFUSES,
        KEYSTONE_UNAVAILABLE,
        KEY_MISSING,
        CONTRADICTED
    }

    Recorded recorded() {
        return new Recorded(
                phase,
                client,
                backend,
                clientKey == null || backendKey == null,
                announced,
                proven,
                told,
                toldAt,
                refusals);
    }

    Entitlement entitlement(List<GrantRow> grants) {
        var owed = backendKey == null || project == null
                ? null
                : new Backend(
                        project,
                        backendKey,
                        trustee == null || trusteeDomain == null ? null : new Trustee(trustee, trusteeDomain),
                        grants.stream()
                                .collect(Collectors.toMap(
                                        row -> row.purpose,
                                        row -> new Grant(row.trust, row.trustee, Set.of(row.roles)))));
        return new Entitlement(phase, new Claim<>(client, clientKey), new Claim<>(backend, owed));
    }

    /** Takes what is owed now into the row, and makes the row due. */
    void take(Entitlement owed, Instant now) {
        var behind = owed.backend().value();
        var user = behind == null ? null : behind.trustee();
        phase = owed.phase();
        client = owed.client().generation();
        clientKey = owed.client().value();
        backend = owed.backend().generation();
        backendKey = behind == null ? null : behind.key();
        project = behind == null ? null : behind.project();
        trustee = user == null ? null : user.id();
        trusteeDomain = user == null ? null : user.domain();
        due(now);
    }
}
