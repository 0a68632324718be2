package lanyard.tokenissuer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import lanyard.common.events.Trusteeship;
import lanyard.tokenissuer.Entitlement.Grant;

/** What Keystone delegates to a cluster for one purpose. Written and removed with the cluster's row, and never changed. */
@Entity
@Table(name = "delegation")
@IdClass(GrantRow.Key.class)
class GrantRow {
    @Id
    @Column
    String cluster;

    @Id
    @Column
    String purpose;

    @Column(nullable = false)
    String trust;

    @Column(nullable = false)
    @Enumerated(EnumType.STRING)
    Trusteeship trustee;

    @Column(nullable = false)
    String[] roles;

    /** The row's key. */
    record Key(String cluster, String purpose) implements Serializable {}

    /** For Hibernate. */
    protected GrantRow() {
        this("", "", "", Trusteeship.UNKNOWN, new String[0]);
    }

    private GrantRow(String cluster, String purpose, String trust, Trusteeship trustee, String[] roles) {
        this.cluster = cluster;
        this.purpose = purpose;
        this.trust = trust;
        this.trustee = trustee;
        this.roles = roles;
    }

    static GrantRow of(String cluster, String purpose, Grant grant) {
        return new GrantRow(
                cluster,
                purpose,
                grant.trust(),
                grant.trustee(),
                grant.roles().stream().sorted().toArray(String[]::new));
    }
}
