package lanyard.tokenissuer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.List;
import lanyard.tokenissuer.Entitlement.Delegation;
import org.jspecify.annotations.Nullable;

/** A client credential of a cluster, by its id. Written and removed with the cluster's row, and never changed. */
@Entity
@Table(name = "credential")
class CredentialRow {
    @Id
    @Column
    String id;

    @Column(nullable = false)
    String cluster;

    @Column(nullable = false)
    String purpose;

    @Column(nullable = false)
    int generation;

    @Column(nullable = false)
    String trust;

    @Column(nullable = false)
    String[] roles;

    /** For Hibernate. */
    protected CredentialRow() {
        this("", "", 0, "", new String[0]);
    }

    private CredentialRow(String cluster, String purpose, int generation, String trust, String[] roles) {
        this.id = ClientCredentials.id(cluster, purpose, generation);
        this.cluster = cluster;
        this.purpose = purpose;
        this.generation = generation;
        this.trust = trust;
        this.roles = roles;
    }

    /** One for each purpose of what is owed to the cluster. */
    static List<CredentialRow> of(String cluster, Entitlement owed) {
        @Nullable Delegation delegation = owed.delegation();
        return delegation == null
                ? List.of()
                : delegation.grants().entrySet().stream()
                        .map(grant -> new CredentialRow(
                                cluster,
                                grant.getKey(),
                                owed.generation(),
                                grant.getValue().trust(),
                                grant.getValue().roles().stream().sorted().toArray(String[]::new)))
                        .toList();
    }

    /** This credential, with what its cluster's row says of it; {@code null} if that row says nothing. */
    @Nullable
    Credential with(ClusterRow row) {
        return row.project == null || row.key == null || row.trustee == null || row.trusteeDomain == null
                ? null
                : new Credential(
                        id, cluster, purpose, generation, row.project, row.key, row.trustee, row.trusteeDomain, trust);
    }
}
