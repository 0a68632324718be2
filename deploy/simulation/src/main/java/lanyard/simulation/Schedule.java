package lanyard.simulation;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import lanyard.provisioner.SimulatedProvisioner;
import lanyard.revoker.SimulatedRevoker;
import lanyard.tokenissuer.SimulatedTokenIssuer;
import org.jspecify.annotations.Nullable;

/**
 * One course of the world, which a seed decides: clusters come and go while things go wrong; then nothing goes wrong any more, all comes
 * to rest, and the invariants are looked at.
 */
final class Schedule {
    /** Longer than anything waits for, with the settings that there are. */
    private static final long REST = 75 * World.MINUTE;

    private static final int STEPS_IN_TROUBLE = 20_000;
    private static final int STEPS_TO_REST = 60_000;
    private static final int LOGINS = 3;

    private static final Logger LIBRARIES = Logger.getLogger("");

    static {
        // What the services log is no news here, and costs more than what they do.
        System.setProperty("org.jboss.logging.provider", "jdk");
        LIBRARIES.setLevel(Level.OFF);
        Infrastructure.setDefaultExecutor(new Timers(), false);
        // What Mutiny finds when it is first used, it finds once, and not on several threads.
        Uni.createFrom().item(() -> 1).map(one -> one + 1).await().indefinitely();
    }

    private final World world;
    private final ModelKafka kafka;
    private final ModelKeystone keystone;
    private final Conductor conductor;
    private final ModelConductor api;
    private final Operator operator;
    private final Invariants invariants;
    private final Service tokenIssuer;
    private final List<Service> services;

    private Schedule(long seed, Trace trace, @Nullable Mutation mutation) {
        var random = new SplittableRandom(seed);
        world = new World(Plan.of(seed, random), random, trace, mutation);
        kafka = new ModelKafka(world);
        invariants = new Invariants(world, kafka);
        keystone = new ModelKeystone(world, invariants);
        api = new ModelConductor(world, this::conductor);
        var provisioner = service(
                "provisioner", SimulatedProvisioner::tables, SimulatedProvisioner::new, (process, replica) -> {});
        var revoker = service("revoker", SimulatedRevoker::tables, SimulatedRevoker::new, (process, replica) -> {});
        tokenIssuer = service("token-issuer", SimulatedTokenIssuer::tables, SimulatedTokenIssuer::new, this::attend);
        services = List.of(provisioner, revoker, tokenIssuer);
        conductor = new Conductor(world, kafka, keystone);
        operator = new Operator(world, keystone, conductor);
        if (world.plan.restores()) {
            operator.restore(world.random.nextBoolean() ? services : List.of(world.oneOf(services)), kafka);
        }
        invariants.watch(keystone, conductor);
    }

    /** How a schedule ended. */
    record Result(long seed, @Nullable String violation, long steps, Map<Fault, Integer> faults, List<String> trace) {}

    static Result run(long seed, boolean traced, @Nullable Mutation mutation) {
        var trace = new Trace(traced);
        var schedule = new Schedule(seed, trace, mutation);
        String violation = null;
        try {
            schedule.run();
        } catch (Violation e) {
            violation = e.getMessage();
        } catch (RuntimeException e) {
            violation = "no service stumbles: " + e;
            if (traced) {
                for (var frame : e.getStackTrace()) {
                    trace.line(schedule.world.now(), "", "  at " + frame);
                }
            }
        }
        return new Result(
                seed, violation, schedule.world.steps(), new EnumMap<>(schedule.world.faults()), trace.lines());
    }

    private interface Tabulation {
        void tables(Surroundings.Tables tables, @Nullable Mutation mutation);
    }

    private Service service(
            String name,
            Tabulation tabulation,
            Function<Surroundings, Replica> builder,
            BiConsumer<Process, Replica> company) {
        return new Service(
                name,
                world,
                kafka,
                keystone,
                api,
                database -> {
                    tabulation.tables(database, world.mutation);
                    return database;
                },
                builder,
                company);
    }

    /** Each replica of the door reads the whole bus for itself, and has clients. */
    private void attend(Process process, Replica replica) {
        var door = (SimulatedTokenIssuer) replica;
        var bus = kafka.watch("token-issuer", ModelKafka.CREDENTIALS);
        world.spawn(process, "bus watch", () -> {
            while (true) {
                world.await(Coroutine.Next.KAFKA, bus::hasNext);
                door.watch(bus.poll().value());
            }
        });
        world.spawn(process, "clients", () -> {
            while (!world.isCalm()) {
                world.sleep(world.someTime(20 * World.MINUTE));
                logIn(door, world.oneOf(List.copyOf(conductor().clusters())).id);
                door.settle();
            }
        });
    }

    private Conductor conductor() {
        return conductor;
    }

    // ---- The course of it

    private void run() {
        while (!(conductor.isDone() && operator.isDone()) && world.steps() < STEPS_IN_TROUBLE) {
            world.tick();
        }
        for (var more = world.random.nextInt(300); more > 0; more--) {
            world.tick();
        }
        world.trace.line(world.now(), "", "---- from here on nothing goes wrong");
        world.calm();
        rest();
        for (int i = 0; i < LOGINS; i++) {
            // Clients whose token is over come again; what was changed by hand is noticed by that.
            world.trace.line(world.now(), "", "---- the clusters' clients log in");
            world.pass(2 * World.HOUR);
            doors().forEach(this::logIn);
            rest();
        }
        world.trace.line(world.now(), "", "---- at rest");
        world.inOneStep(() -> {
            invariants.check(services, doors().stream().map(Door::replica).toList());
            return 0;
        });
    }

    private void rest() {
        var limit = world.steps() + STEPS_TO_REST;
        var began = world.now();
        while (world.tick() && world.now() - Math.max(began, world.lastChange()) < REST) {
            if (world.steps() > limit) {
                throw new Violation("all comes to rest", "after %d steps it has not".formatted(STEPS_TO_REST));
            }
        }
    }

    private record Door(Process process, SimulatedTokenIssuer replica) {}

    private List<Door> doors() {
        var doors = new ArrayList<Door>();
        for (var running : tokenIssuer.running()) {
            doors.add(new Door(running.process(), (SimulatedTokenIssuer) running.replica()));
        }
        return doors;
    }

    private void logIn(Door door) {
        world.spawn(door.process(), "clients", () -> {
            for (var cluster : conductor.existing()) {
                logIn(door.replica(), cluster.id);
            }
        });
    }

    /** A client that gets no token comes again; so it does while the database is away. */
    private void logIn(SimulatedTokenIssuer door, String cluster) {
        try {
            world.log("login of %s: %s".formatted(cluster.substring(0, 8), door.logIn(cluster)));
        } catch (ModelPostgres.Broken e) {
            world.log("login of %s: %s".formatted(cluster.substring(0, 8), e.getMessage()));
        }
    }
}
