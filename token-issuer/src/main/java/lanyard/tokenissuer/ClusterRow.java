package lanyard.tokenissuer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lanyard.common.reconcile.LeasedCluster;
import lanyard.tokenissuer.Entitlement.Delegation;
import lanyard.tokenissuer.Entitlement.Grant;
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
    int generation;

    @Column
    @Nullable
    String project;

    @Column
    @Nullable
    String key;

    @Column
    @Nullable
    String trustee;

    @Column
    @Nullable
    String trusteeDomain;

    @Column(nullable = false)
    boolean disputed;

    @Column(nullable = false)
    int announced;

    /** Why the last attempt to serve the cluster failed; {@code null} when it did not. */
    @Column
    @Enumerated(EnumType.STRING)
    @Nullable
    Failure failure;

    /** What keeps a cluster from being served. */
    enum Failure {
        KEYSTONE_REFUSES,
        KEYSTONE_UNAVAILABLE,
        KEY_MISSING
    }

    Recorded recorded() {
        return new Recorded(phase, generation, disputed, announced);
    }

    Entitlement entitlement(List<CredentialRow> credentials) {
        Map<String, Grant> grants = credentials.stream()
                .collect(Collectors.toMap(row -> row.purpose, row -> new Grant(row.trust, Set.of(row.roles))));
        var delegation = project == null || key == null || trustee == null || trusteeDomain == null
                ? null
                : new Delegation(project, key, trustee, trusteeDomain, grants);
        return new Entitlement(phase, generation, delegation, disputed);
    }

    /** Takes what is owed now into the row, and makes the row due. */
    void take(Entitlement owed, Instant now) {
        var delegation = owed.delegation();
        phase = owed.phase();
        generation = owed.generation();
        project = delegation == null ? null : delegation.project();
        key = delegation == null ? null : delegation.key();
        trustee = delegation == null ? null : delegation.trustee();
        trusteeDomain = delegation == null ? null : delegation.trusteeDomain();
        disputed = owed.disputed();
        due(now);
    }
}
