package lanyard.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;

/** Somebody with an administrator's password, who changes things of Lanyard's in Keystone by hand, and who restores databases. */
final class Operator {
    private final World world;
    private final ModelKeystone keystone;
    private int busy;

    Operator(World world, ModelKeystone keystone, Conductor conductor) {
        this.world = world;
        this.keystone = keystone;
        for (int i = 0; i < world.plan.operations(); i++) {
            busy++;
            world.spawn(null, "operator", this::meddle);
        }
        if (world.plan.sweeps()) {
            busy++;
            world.spawn(null, "operator", () -> leaveOrphans(conductor));
        }
    }

    boolean isDone() {
        return busy == 0;
    }

    /** Backs the schemas of these services up, all at one moment, and sets them back later, all at one moment again. */
    void restore(List<Service> services, ModelKafka kafka) {
        busy++;
        world.spawn(null, "operator", () -> {
            var bus = kafka.watch("operator", world.random.nextBoolean() ? ModelKafka.INFO : ModelKafka.CREDENTIALS);
            awaitSomething(bus);
            var backups = services.stream().map(Service::backUp).toList();
            awaitSomething(bus);
            backups.forEach(Runnable::run);
            busy--;
        });
    }

    /** Some time, or until more was told: then somebody is about to act on it. */
    private void awaitSomething(ModelKafka.Consumer bus) {
        if (world.random.nextBoolean()) {
            world.sleep(world.someTime(World.HOUR));
            return;
        }
        var until = world.now() + 30 * World.MINUTE;
        for (var more = 1 + world.random.nextInt(4); more > 0 && world.now() < until; more--) {
            world.await(Coroutine.Next.KAFKA, () -> bus.hasNext() || world.now() >= until, () -> until);
            if (bus.hasNext()) {
                bus.poll();
            }
        }
        world.sleep(world.someTime(World.SECOND));
    }

    /** Makes by hand, or brings back with a backup, what is nobody's. */
    private void leaveOrphans(Conductor conductor) {
        for (int i = 0; i < 3; i++) {
            world.sleep(world.someTime(20 * World.MINUTE));
            var project = world.oneOf(world.plan.projectNames());
            var nobody = "f%07d-0000-4000-8000-%012d".formatted(i, 0);
            var gone = conductor.clusters().stream()
                    .filter(cluster -> cluster.gone && conductor.isKnownToGo(cluster))
                    .toList();
            var whose = gone.isEmpty() ? nobody : world.oneOf(gone).id;
            switch (world.random.nextInt(4)) {
                case 0 -> {
                    world.log("makes user " + nobody);
                    keystone.bringBack(nobody);
                }
                case 1 -> {
                    world.log("makes user " + whose);
                    keystone.bringBack(whose);
                }
                case 2 -> {
                    world.log("makes a trust of " + whose + " in " + project);
                    keystone.bringBackTrust(
                            project, TrustName.of(whose, "cloud-provider", new TreeSet<>(Set.of("member")), 1, 7 + i));
                }
                default -> {
                    world.log("makes a custodian");
                    keystone.bringBack(UserNames.custodian(world.random.nextBoolean() ? project : "nobodys"));
                }
            }
        }
        busy--;
    }

    private void meddle() {
        world.sleep(world.someTime(30 * World.MINUTE));
        var users = keystone.ownUsers();
        if (!users.isEmpty()) {
            world.count(Fault.OPERATOR);
            var user = world.oneOf(new ArrayList<>(users));
            switch (world.random.nextInt(7)) {
                case 0 -> {
                    var trusts = keystone.delegations();
                    if (!trusts.isEmpty()) {
                        var trust = world.oneOf(trusts).trust().id();
                        world.log("removes trust " + trust);
                        keystone.removeTrust(trust);
                    }
                }
                case 1 -> {
                    world.log("removes user " + user.name);
                    keystone.removeUser(user.id);
                }
                case 2 -> {
                    world.log("disables user " + user.name);
                    keystone.disable(user);
                }
                case 3 -> {
                    world.log("changes the password of " + user.name);
                    keystone.changePassword(user);
                }
                case 4 -> {
                    var project = world.oneOf(world.plan.projectNames());
                    world.log("takes a role on " + project + " from " + user.name);
                    keystone.takeRole(user, project);
                }
                case 5 -> {
                    var owner = keystone.user("owner-" + (1 + world.random.nextInt(world.plan.clusters())));
                    if (owner != null) {
                        world.log("removes user " + owner.name);
                        keystone.removeUser(owner.id);
                    }
                }
                default -> {
                    if (world.random.nextInt(3) == 0) {
                        var project = world.oneOf(world.plan.projectNames());
                        world.log("removes project " + project);
                        keystone.removeProject(project);
                    }
                }
            }
        }
        busy--;
    }
}
