package lanyard.common.outbox;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** A message that waits to be published, in the shape in which Hibernate inserts it. The relay works on the table by SQL. */
@Entity
@Table(name = "outbox")
class OutboxRow {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    @Column
    @Nullable
    Long id;

    @Column(nullable = false)
    String topic;

    @Column
    @Nullable
    String key;

    @Column(nullable = false)
    byte[] body;

    /** For Hibernate. */
    protected OutboxRow() {
        this("", null, new byte[0]);
    }

    OutboxRow(String topic, @Nullable String key, byte[] body) {
        this.topic = topic;
        this.key = key;
        this.body = body;
    }
}
