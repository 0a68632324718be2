package lanyard.simulation;

import java.util.ArrayList;
import java.util.List;

/** One replica of a service, as long as it lives. What it has in memory dies with it. */
final class Process {
    final String name;
    /** How far its clock is from the true time, in microseconds. */
    long clockError;

    long pausedUntil;
    boolean alive = true;
    private final List<Runnable> lastRites = new ArrayList<>();

    Process(String name) {
        this.name = name;
    }

    /** Has something done when the process dies: what the others notice of it. */
    void atDeath(Runnable rite) {
        lastRites.add(rite);
    }

    void die() {
        alive = false;
        lastRites.forEach(Runnable::run);
    }
}
