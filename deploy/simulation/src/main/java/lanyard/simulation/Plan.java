package lanyard.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import lanyard.common.events.Trusteeship;

/**
 * What kind of schedule it is. Each has faults of some kinds only, and of these few or many: where everything fails at once, nothing
 * gets far enough to fail in an interesting way.
 *
 * @param pace the longest time that one step takes, in microseconds
 * @param stubbornness how likely it is that whoever did a step does the next one, too
 * @param profiles roles and trustee by purpose
 * @param operations how often an operator changes something by hand
 */
record Plan(
        int clusters,
        int projects,
        int replicas,
        int partitions,
        long pace,
        double stubbornness,
        SortedMap<String, Profile> profiles,
        int operations,
        int rotations,
        Map<Fault, Double> rates) {
    private static final List<Fault> PER_STEP = List.of(
            Fault.CRASH,
            Fault.PAUSE,
            Fault.CLOCK_JUMP,
            Fault.MESSAGE_LOST,
            Fault.MESSAGE_DUPLICATED,
            Fault.MESSAGE_DELAYED,
            Fault.POISON,
            Fault.FORGED_CREATE,
            Fault.REBALANCE,
            Fault.PUBLISH_FAILED,
            Fault.PUBLISH_UNCONFIRMED,
            Fault.PUBLISH_DELAYED,
            Fault.ROLLBACK,
            Fault.COMMIT_UNCONFIRMED,
            Fault.SESSION_LOST,
            Fault.KEYSTONE_UNAVAILABLE,
            Fault.KEYSTONE_SLOW,
            Fault.KEYSTONE_UNCONFIRMED,
            Fault.KEYSTONE_PARTIAL,
            Fault.KEYSTONE_REFUSES,
            Fault.KEYSTONE_OUTAGE);

    /** What a purpose gets. */
    record Profile(Trusteeship trustee, TreeSet<String> roles) {}

    static Plan of(SplittableRandom random) {
        var rates = new EnumMap<Fault, Double>(Fault.class);
        for (var fault : PER_STEP) {
            if (random.nextInt(5) < 2) {
                rates.put(fault, usual(fault) * Math.pow(4, random.nextDouble(-1, 1)));
            }
        }
        var profiles = new TreeMap<String, Profile>();
        profiles.put("cloud-provider", profile(random, "member", "load-balancer_member"));
        if (random.nextInt(3) == 0) {
            profiles.put("volumes", profile(random, "member"));
        }
        var clusters = 1 + Math.min(random.nextInt(4), random.nextInt(4));
        return new Plan(
                clusters,
                1 + random.nextInt(2),
                1 + random.nextInt(2),
                1 + random.nextInt(3),
                10 + (long) Math.pow(10, random.nextDouble(2, 4.8)),
                random.nextInt(3) == 0 ? 0.9 : 0,
                Collections.unmodifiableSortedMap(profiles),
                random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0,
                random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0,
                rates);
    }

    private static Profile profile(SplittableRandom random, String... roles) {
        var trustee = random.nextInt(3) == 0 ? Trusteeship.ISSUER : Trusteeship.PER_CLUSTER;
        return new Profile(trustee, new TreeSet<>(List.of(roles)));
    }

    /** How often it happens where it happens: to each step, call, statement or message. */
    private static double usual(Fault fault) {
        return switch (fault) {
            case CRASH -> 0.01;
            case PAUSE, CLOCK_JUMP, REBALANCE -> 0.004;
            case KEYSTONE_OUTAGE -> 0.005;
            case MESSAGE_LOST, FORGED_CREATE, POISON -> 0.05;
            case MESSAGE_DUPLICATED, MESSAGE_DELAYED -> 0.25;
            case PUBLISH_FAILED, PUBLISH_UNCONFIRMED, PUBLISH_DELAYED -> 0.15;
            case ROLLBACK, COMMIT_UNCONFIRMED -> 0.02;
            case SESSION_LOST -> 0.01;
            case KEYSTONE_UNAVAILABLE, KEYSTONE_SLOW, KEYSTONE_UNCONFIRMED -> 0.05;
            case KEYSTONE_PARTIAL -> 0.1;
            case KEYSTONE_REFUSES -> 0.02;
            case OPERATOR, DATABASE_RESTORED -> 0;
        };
    }

    double rate(Fault fault) {
        return rates.getOrDefault(fault, 0.0);
    }

    /** The names of the projects. */
    List<String> projectNames() {
        var names = new ArrayList<String>();
        for (int i = 1; i <= projects; i++) {
            names.add("p" + i);
        }
        return names;
    }
}
