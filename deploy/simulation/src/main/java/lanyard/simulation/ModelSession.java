package lanyard.simulation;

import java.util.HexFormat;
import lanyard.common.database.Presence;
import org.jspecify.annotations.Nullable;

/** The session by which the others see that a process lives. One that broke is noticed after a moment, and replaced after a while. */
final class ModelSession implements Presence {
    private static final long LONGEST_UNNOTICED = 4 * World.SECOND;
    private static final long SOON = 3 * World.SECOND;
    private static final long LATE = 5 * World.MINUTE;

    final Process process;
    private final World world;
    private final String holder;
    private long session;
    private long noticedAt;
    private long backAt;

    ModelSession(World world, Process process) {
        this.world = world;
        this.process = process;
        this.holder = HexFormat.of().toHexDigits(world.random.nextInt());
    }

    void breaks() {
        session++;
        noticedAt = world.now() + world.someTime(LONGEST_UNNOTICED);
        backAt = noticedAt + world.someTime(world.random.nextInt(4) == 0 ? LATE : SOON);
        world.log("the session of " + process.name + " breaks");
    }

    /** Whether the database shows it. */
    boolean shows(String one) {
        return holder.equals(one) && world.now() >= backAt;
    }

    @Override
    public @Nullable Standing standing() {
        if (world.now() < noticedAt) {
            return new Standing(holder, session - 1);
        }
        return world.now() < backAt ? null : new Standing(holder, session);
    }
}
