package lanyard.simulation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongBinaryOperator;
import java.util.function.Supplier;
import lanyard.common.database.DirectTransactions;
import lanyard.common.database.Presence;
import lanyard.common.database.Transactions;
import lanyard.common.intake.Intake;
import lanyard.common.intake.IntakeParts;
import lanyard.common.keystone.ConductorApi;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.outbox.Outbox;
import lanyard.common.outbox.OutboxConfig;
import lanyard.common.outbox.OutboxParts;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.reconcile.Reconciliation;
import lanyard.common.reconcile.Waits;
import lanyard.common.secrets.KeyRing;
import lanyard.common.settings.LanyardConfig;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * What a replica of a service is given instead of the real parts.
 *
 * @param await waits until something is so
 * @param undivided runs what is given to it at once, in one step: for what holds locks of the JVM's
 * @param between a number from the first (inclusive) to the second (exclusive), by chance
 * @param keys the master keys that it started with
 * @param mutation the fault that is built in; {@code null} for none
 */
public record Surroundings(
        String service,
        Mutiny.SessionFactory sessions,
        Pool pool,
        Presence presence,
        KeystoneAdmin keystone,
        KeystoneTokens tokens,
        ConductorApi conductor,
        Hearing hearing,
        Broker broker,
        Outbox outbox,
        InstantSource clock,
        Waits waits,
        Consumer<BooleanSupplier> await,
        Executor undivided,
        LongBinaryOperator between,
        Settings settings,
        KeyRing keys,
        boolean sweeps,
        @Nullable Mutation mutation) {
    private static final MeterRegistry NOBODY_COUNTS = new CompositeMeterRegistry();

    /** Sends to Kafka. */
    public interface Broker {
        CompletableFuture<Void> publish(String topic, @Nullable String key, byte[] body);
    }

    /** Knows how much of what was told on the bus a service has heard. */
    public interface Hearing {
        /** Whether it has heard all that was told before that time. */
        boolean isCompleteBefore(Instant time);
    }

    /** Where a service says which tables it has. */
    public interface Tables {
        /**
         * @param maker makes a row, or a variant of it with a seeded fault
         * @param defaults gives a new row the table's defaults
         */
        <E> void table(Class<E> type, Supplier<? extends E> maker, Consumer<E> defaults);

        /** Puts a row in, that a migration does. */
        <E> void row(Class<E> type, E row);

        /** The committed rows themselves. */
        <E> List<E> rows(Class<E> type);

        /** Says what a statement does that is run on the pool: to the committed rows, at once. */
        void statement(String sql, Function<Tuple, List<List<Object>>> effect);

        /**
         * Says what a native statement does to one row, in a session.
         *
         * @param key of the row, from the parameters
         * @param inserts whether one that is not there is made
         */
        <E> void update(
                String sql,
                Class<E> type,
                Function<Map<Integer, Object>, String> key,
                boolean inserts,
                Effect<E> effect);

        /** Whether a transaction has a row locked. */
        boolean isLocked(Class<?> type, String key);

        /** The database's clock. */
        InstantSource clock();

        /** As {@code gen_random_uuid()}. */
        UUID uuid();
    }

    /** What a statement does to a row. */
    public interface Effect<E> {
        /** @return whether it does anything */
        boolean of(E row, boolean isNew, Map<Integer, Object> parameters);
    }

    public boolean has(Mutation one) {
        return mutation == one;
    }

    public MeterRegistry metrics() {
        return NOBODY_COUNTS;
    }

    public Transactions transactions() {
        return new DirectTransactions(sessions);
    }

    public Intake intake() {
        return IntakeParts.intake(sessions, outbox, pool, NOBODY_COUNTS, service);
    }

    public ReconcileParts reconciling(Reconciliation reconciliation) {
        return new ReconcileParts(pool, clock, presence, reconciliation, waits, settings.of(ReconcileConfig.class));
    }

    IntSupplier relay() {
        return OutboxParts.relay(pool, broker, settings.of(OutboxConfig.class), NOBODY_COUNTS);
    }

    static Duration lease(Settings settings) {
        return settings.of(ReconcileConfig.class).lease();
    }

    static LanyardConfig lanyard(Settings settings) {
        return settings.of(LanyardConfig.class);
    }
}
