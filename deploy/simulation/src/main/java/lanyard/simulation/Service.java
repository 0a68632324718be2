package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import lanyard.common.database.Presence;
import lanyard.common.events.ClusterListed;
import lanyard.common.events.CredentialEvent;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.FailureReason;
import lanyard.common.outbox.Outbox;
import lanyard.common.outbox.OutboxParts;
import lanyard.common.reconcile.ReconcileConfig;
import lanyard.common.reconcile.ReconcileParts;
import lanyard.common.reconcile.Waits;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;

/** One service: its schema, and the replicas that live just now. One that dies is started again after a while. */
final class Service {
    private static final long RESTART = 2 * World.MINUTE;
    private static final String NOTIFICATIONS = "/notifications";
    /** Of the conductor's messages, in one batch. */
    private static final int MOST = 8;

    private static final long LONGEST_STALL = World.HOUR;
    /** How long what was read is not committed at most ({@code auto.commit.interval.ms}). */
    private static final long COMMIT = 5 * World.SECOND;

    /** For so long at the end what was lost is looked for: longer than a deletion is waited for, and it takes to be believed. */
    private static final long ROUNDS = 4 * World.HOUR;

    private final String name;
    private final World world;
    private final ModelKafka kafka;
    private final ModelKeystone keystone;
    private final ModelConductor api;
    private final Function<Surroundings, Replica> builder;
    private final BiConsumer<Process, Replica> company;
    private final ModelPostgres database;
    private final OutboxTable outbox;
    private final Map<String, Running> running = new TreeMap<>();

    /** A replica and the process that it is. */
    record Running(Process process, Replica replica) {}

    /** @param company gives a replica that has started what else goes on in its process */
    Service(
            String name,
            World world,
            ModelKafka kafka,
            ModelKeystone keystone,
            ModelConductor api,
            Function<ModelPostgres, ModelPostgres> schema,
            Function<Surroundings, Replica> builder,
            BiConsumer<Process, Replica> company) {
        this.name = name;
        this.world = world;
        this.kafka = kafka;
        this.keystone = keystone;
        this.api = api;
        this.builder = builder;
        this.company = company;
        this.database = schema.apply(new ModelPostgres(world, name + "-db"));
        OutboxParts.table(database);
        this.outbox = new OutboxTable(database, OutboxParts::message);
        database.clockError = world.random.nextLong(-5 * World.SECOND, 5 * World.SECOND);
        for (int i = 1; i <= world.plan.replicas(); i++) {
            var replica = name + "-" + i;
            world.spawn(null, "host of " + replica, () -> keepAlive(replica));
        }
    }

    OutboxTable outbox() {
        return outbox;
    }

    List<Running> running() {
        return List.copyOf(running.values());
    }

    /** Keeps the schema as it is now; what is returned stops the replicas and sets it back. */
    Runnable backUp() {
        var kept = List.of(database.backUp(), outbox.backUp(), kafka.backUp(name), kafka.backUp(name + NOTIFICATIONS));
        world.log(name + "-db is backed up");
        return () -> {
            running().stream()
                    .map(Running::process)
                    .filter(process -> process.alive)
                    .forEach(world::kill);
            kept.forEach(Runnable::run);
            world.changed();
            world.count(Fault.DATABASE_RESTORED);
            world.log(name + "-db is set back");
        };
    }

    private void keepAlive(String replica) {
        while (true) {
            var process = start(replica);
            world.await(Coroutine.Next.COMPUTE, () -> !process.alive);
            running.remove(replica);
            world.sleep(world.someTime(RESTART));
        }
    }

    private Process start(String replica) {
        var process = new Process(replica);
        world.trace.line(world.now(), replica, "starts");
        process.clockError = world.random.nextLong(-World.SECOND, World.SECOND);
        process.atDeath(() -> database.abort(process));
        var pool = new ModelPool(database, outbox);
        var around = surroundings(process, pool, database.connect(process));
        var built = builder.apply(around);
        running.put(replica, new Running(process, built));
        company.accept(process, built);
        if (built.hearsConductor()) {
            var notifications = kafka.join(process, name + NOTIFICATIONS, ModelKafka.INFO, ModelKafka.ERROR);
            world.spawn(
                    process, "notifications", () -> consume(process, notifications, MOST, built::hearNotifications));
        }
        var credentials = kafka.join(process, name, ModelKafka.CREDENTIALS);
        world.spawn(
                process,
                "credentials",
                () -> consume(
                        process,
                        credentials,
                        1,
                        batch -> built.hearCredential(batch.iterator().next())));
        world.spawn(process, "reconciler", () -> reconcile(process, pool, built.reconciling()));
        for (var round : built.rounds()) {
            world.spawn(process, "rounds", () -> goRounds(round));
        }
        var relay = around.relay();
        world.spawn(process, "relay", () -> {
            while (true) {
                world.await(Coroutine.Next.POSTGRES, outbox::hasHeads, outbox::nextHead);
                try {
                    if (relay.getAsInt() == 0) {
                        world.sleep(World.SECOND);
                    }
                } catch (ModelPostgres.Broken e) {
                    world.sleep(World.SECOND);
                }
            }
        });
        return process;
    }

    private Surroundings surroundings(Process process, ModelPool pool, Presence presence) {
        var settings = Settings.of(world.plan);
        var backoff = settings.of(ReconcileConfig.class).backoff();
        return new Surroundings(
                name,
                database.sessions(),
                pool,
                presence,
                keystone,
                keystone,
                api,
                this::hasHeard,
                kafka::publish,
                outbox(process, settings),
                () -> World.instant(world.now() + process.clockError),
                new Waits(backoff, world.random::nextDouble),
                until -> world.await(Coroutine.Next.COMPUTE, until),
                world::undivided,
                world.random::nextLong,
                settings,
                settings.keyRing(world.now() >= world.plan.newKeyAt()),
                world.plan.sweeps(),
                world.mutation);
    }

    private Outbox outbox(Process process, Settings settings) {
        var clock = (InstantSource) () -> World.instant(world.now() + process.clockError);
        var config = Surroundings.lanyard(settings);
        return world.mutation == null
                ? OutboxParts.outbox(clock, name, config)
                : OutboxParts.outbox(clock, name, config, kafka::publish, new Tampered(world, database));
    }

    /** The seeded faults of the outbox. */
    private record Tampered(World world, ModelPostgres database) implements OutboxParts.Tampering {
        @Override
        public boolean passes(CredentialEvent event) {
            return !(event instanceof CredentialFailed failed && isKeptQuiet(failed.reason()))
                    && !(event instanceof ClusterListed && world.has(Mutation.TELL_NOTHING_OF_THE_LIST));
        }

        private boolean isKeptQuiet(FailureReason reason) {
            return reason == FailureReason.DELETED_MEANWHILE
                    ? world.has(Mutation.KEEP_QUIET_ABOUT_WITHDRAWAL)
                    : world.has(Mutation.FAIL_SILENTLY);
        }

        @Override
        public boolean passesDeadLetters() {
            return !world.has(Mutation.DROP_POISON);
        }

        @Override
        public boolean bypasses(Runnable publication) {
            if (!world.has(Mutation.PUBLISH_WITHOUT_OUTBOX)) {
                return false;
            }
            database.running().afterwards(publication);
            return true;
        }
    }

    // ---- What a replica does all the time

    private void reconcile(Process process, ModelPool pool, ReconcileParts reconciling) {
        var length = Surroundings.lease(Settings.of(world.plan)).toNanos() / 1000;
        while (true) {
            world.await(Coroutine.Next.POSTGRES, () -> pool.hasDueClusters() || pool.hasMissing(), pool::nextDue);
            var ends = world.now() + length;
            var leases = reconciling.claim(1 + world.random.nextInt(3));
            for (var lease : leases) {
                world.spawn(process, "worker " + lease.cluster().substring(0, 8), ends, () -> reconciling.work(lease));
            }
            if (leases.isEmpty()) {
                world.sleep(World.SECOND);
            }
        }
    }

    /** Where it matters how much was heard, what was read last is committed, too, though nothing may follow. */
    private void awaitNext(ModelKafka.Consumer consumer) {
        if (world.plan.sweeps()) {
            var at = world.now() + COMMIT;
            world.await(Coroutine.Next.KAFKA, () -> consumer.hasNext() || world.now() >= at, () -> at);
            if (consumer.hasNext()) {
                return;
            }
            consumer.commit();
        }
        world.await(Coroutine.Next.KAFKA, consumer::hasNext);
    }

    /** What would do nothing most of the time is not tried every few seconds, and not for ever. */
    private void goRounds(Runnable round) {
        while (world.calmFor() < ROUNDS) {
            world.sleep(world.isCalm() ? 10 * World.MINUTE : world.someTime(10 * World.MINUTE));
            round.run();
        }
    }

    private boolean hasHeard(Instant before) {
        world.step(Coroutine.Next.KAFKA);
        return world.has(Mutation.SWEEP_WITHOUT_ASKING_WHAT_WAS_HEARD)
                || (kafka.hasHeard(name, before, ModelKafka.CREDENTIALS)
                        && kafka.hasHeard(name + NOTIFICATIONS, before, ModelKafka.INFO, ModelKafka.ERROR));
    }

    private void consume(
            Process process,
            ModelKafka.Consumer consumer,
            int most,
            Function<ConsumerRecords<String, byte[]>, Uni<Void>> hearing) {
        while (true) {
            if (world.strikes(Fault.READING_STALLS)) {
                world.log("reads nothing for a while");
                world.sleep(world.random.nextLong(LONGEST_STALL));
            }
            awaitNext(consumer);
            var batch = consumer.poll(1 + world.random.nextInt(most));
            if (world.has(Mutation.ACKNOWLEDGE_BEFORE_COMMIT)) {
                consumer.acknowledge(batch);
                consumer.commit();
            }
            var over = new AtomicReference<@Nullable Boolean>();
            hearing.apply(batch).subscribe().with(done -> over.set(true), failure -> {
                world.log("can't hear it: " + failure);
                over.set(false);
            });
            world.await(Coroutine.Next.COMPUTE, () -> over.get() != null);
            if (Boolean.FALSE.equals(over.get())) {
                // A channel that failed is a process that is not healthy, and is started anew.
                world.kill(process);
                world.await(Coroutine.Next.COMPUTE, () -> false);
            }
            consumer.acknowledge(batch);
            if (world.random.nextInt(3) > 0) {
                world.step(Coroutine.Next.KAFKA);
                consumer.commit();
            }
            consumer.rebalanceByChance();
        }
    }
}
