package lanyard.simulation;

import java.util.ArrayList;

/** Somebody with an administrator's password, who changes things of Lanyard's in Keystone by hand, and who restores databases. */
final class Operator {
    private final World world;
    private final ModelKeystone keystone;
    private int busy;

    Operator(World world, ModelKeystone keystone) {
        this.world = world;
        this.keystone = keystone;
        for (int i = 0; i < world.plan.operations(); i++) {
            busy++;
            world.spawn(null, "operator", this::meddle);
        }
    }

    boolean isDone() {
        return busy == 0;
    }

    /** Backs the database of a service up, and sets it back later. */
    void restore(Service service) {
        busy++;
        world.spawn(null, "operator", () -> {
            world.sleep(world.someTime(30 * World.MINUTE));
            var backup = service.backUp();
            world.sleep(world.someTime(World.HOUR));
            backup.run();
            busy--;
        });
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
