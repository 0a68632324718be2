package lanyard.tokenissuer;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A client credential of a cluster, by its id. */
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
    String key;

    @Column
    @Nullable
    Instant validUntil;

    /** For Hibernate. */
    protected CredentialRow() {
        this("", "", "", 0, "");
    }

    private CredentialRow(String id, String cluster, String purpose, int generation, String key) {
        this.id = id;
        this.cluster = cluster;
        this.purpose = purpose;
        this.generation = generation;
        this.key = key;
    }

    static CredentialRow of(Credential credential) {
        return new CredentialRow(
                credential.id(), credential.cluster(), credential.purpose(), credential.generation(), credential.key());
    }

    Credential credential() {
        return new Credential(id, cluster, purpose, generation, key, validUntil);
    }
}
