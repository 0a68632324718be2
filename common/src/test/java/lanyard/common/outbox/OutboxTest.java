package lanyard.common.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import lanyard.common.database.Transactions;
import lanyard.common.events.EventCodec;
import lanyard.common.events.EventSchemas;
import lanyard.common.events.Read;
import lanyard.common.reconcile.ByHand;
import lanyard.common.reconcile.Database;
import lanyard.common.settings.LanyardConfig;
import lanyard.common.testing.RealParts;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(ByHand.class)
@QuarkusTestResource(RealParts.class)
class OutboxTest {
    @Inject
    Transactions transactions;

    @Inject
    Outbox outbox;

    @Inject
    Pool pool;

    @Inject
    Database database;

    @Inject
    LanyardConfig config;

    private Numbered numbered;
    private final String cluster = UUID.randomUUID().toString();

    @BeforeEach
    void empty() {
        database.empty();
        numbered = new Numbered(transactions, outbox);
    }

    @Test
    void aMessageIsCommittedWithTheChangeThatItTellsOf() {
        numbered.append(cluster);

        assertThat(database.count("cluster", "cluster = $1 and generation = 1", cluster))
                .isEqualTo(1);
        assertThat(database.count("outbox", "key = $1 and published_at is null", cluster))
                .isEqualTo(1);
    }

    @Test
    void aMessageIsRolledBackWithTheChangeThatItTellsOf() {
        assertThatThrownBy(() -> transactions.call(session -> numbered.append(session, cluster)
                        .call(session::flush)
                        .chain(() -> Uni.createFrom().failure(new IllegalStateException("the rest failed")))))
                .hasMessageContaining("the rest failed");

        assertThat(database.count("cluster", "true")).isZero();
        assertThat(database.count("outbox", "true")).isZero();
    }

    @Test
    void aMessageThatCantBeAppendedTakesTheChangeBackWithIt() {
        assertThatThrownBy(() -> transactions.call(session -> numbered.append(session, cluster)
                        .call(session::flush)
                        .chain(() -> session.persist(new OutboxRow(null, null, new byte[0])))))
                .isNotNull();

        assertThat(database.count("cluster", "true")).isZero();
        assertThat(database.count("outbox", "true")).isZero();
    }

    @Test
    void nobodySeesAMessageBeforeItsChangeIsCommitted() {
        transactions.call(session -> numbered.append(session, cluster)
                .call(session::flush)
                .chain(() -> session.createNativeQuery("select count(*) from outbox", Long.class)
                        .getSingleResult())
                .invoke(inside -> assertThat(inside).isEqualTo(1))
                // By a connection of its own.
                .chain(() -> pool.query("select count(*) from outbox").execute())
                .invoke(outside ->
                        assertThat(outside.iterator().next().getLong(0)).isZero()));
    }

    @Test
    void anEventIsKeyedByItsClusterAndSaysWhoTellsIt() {
        var before = Instant.now();

        transactions.call(session -> outbox.append(session, Numbered.event(cluster, 3)));

        var row = database.rows("select topic, key, body from outbox").getFirst();
        assertThat(row.getString(0)).isEqualTo(config.topics().credentials());
        assertThat(row.getString(1)).isEqualTo(cluster);
        var body = body(row);
        EventSchemas.assertValid(body);
        assertThat(EventCodec.read(body))
                .asInstanceOf(InstanceOfAssertFactories.type(Read.Event.class))
                .satisfies(read -> {
                    assertThat(read.event()).isEqualTo(Numbered.event(cluster, 3));
                    assertThat(read.source()).isEqualTo("/lanyard/common");
                    assertThat(read.time()).isBetween(before.minus(Duration.ofMillis(1)), Instant.now());
                });
    }

    @Test
    void everyMessageHasAnIdOfItsOwn() {
        transactions.call(session -> outbox.append(session, Numbered.event(cluster, 1))
                .chain(() -> outbox.append(session, Numbered.event(cluster, 1))));

        assertThat(database.rows("select body from outbox"))
                .map(OutboxTest::body)
                .map(EventCodec::read)
                .map(read -> ((Read.Event) read).id())
                .hasSize(2)
                .doesNotHaveDuplicates();
    }

    @Test
    void aDeadLetterKeepsNoOrder() {
        transactions.call(session -> outbox.appendDeadLetter(session, "{}".getBytes(StandardCharsets.UTF_8)));

        assertThat(database.count(
                        "outbox", "key is null and topic = $1", config.topics().deadLetters()))
                .isEqualTo(1);
    }

    private static byte[] body(Row row) {
        return row.getBuffer("body").getBytes();
    }
}
