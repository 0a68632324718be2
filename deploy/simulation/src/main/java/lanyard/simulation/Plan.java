package lanyard.simulation;

import java.util.ArrayList;
import java.util.Collection;
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
 * @param succession whether a cluster is made when the one before it is gone, all in one project
 * @param asksConductor whether the conductor's API is configured
 * @param sweeps whether Keystone is swept, and people leave there what is nobody's
 * @param restores whether the database of one service, or of all at once, is set back
 * @param newKeyAt from when on whoever starts has another master key as the current one; the others keep theirs
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
        boolean succession,
        boolean asksConductor,
        boolean sweeps,
        boolean restores,
        long newKeyAt,
        Map<Fault, Double> rates) {
    /** In one schedule of so many there is a succession; in as many the conductor is asked, or Keystone swept, or the master key changed. */
    private static final int SPECIAL = 8;

    /** In one schedule of so many a database is set back. */
    private static final int RESTORED = 8;

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

    static Plan of(long seed, SplittableRandom random) {
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
        // Drawn apart, so that all other schedules go as they went before there were these.
        var special = new SplittableRandom(~seed);
        var succession = special.nextInt(SPECIAL) == 0;
        var asksConductor = special.nextInt(SPECIAL) == 0;
        var sweeps = special.nextInt(SPECIAL) == 0;
        if (asksConductor) {
            lieAndLose(rates, special);
        }
        if (sweeps && special.nextBoolean()) {
            rates.put(Fault.READING_STALLS, usual(Fault.READING_STALLS));
        }
        var projects = 1 + random.nextInt(2);
        return new Plan(
                succession ? Math.max(2, clusters) : clusters,
                succession ? 1 : projects,
                1 + random.nextInt(2),
                1 + random.nextInt(3),
                10 + (long) Math.pow(10, random.nextDouble(2, 4.8)),
                random.nextInt(3) == 0 ? 0.9 : 0,
                Collections.unmodifiableSortedMap(profiles),
                random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0,
                random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0,
                succession,
                asksConductor,
                sweeps,
                seed % RESTORED == 0 || ((sweeps || asksConductor) && special.nextInt(3) == 0),
                newKeyAt(profiles.values(), special),
                rates);
    }

    /** What the conductor's API is asked for. Where it can be kept away, too, whoever forges a delete is believed. */
    private static void lieAndLose(Map<Fault, Double> rates, SplittableRandom special) {
        var fault = special.nextBoolean() ? Fault.FORGED_DELETE : Fault.CONDUCTOR_UNAVAILABLE;
        rates.put(fault, usual(fault));
        if (special.nextBoolean()) {
            rates.put(Fault.CONDUCTOR_SLOW, usual(Fault.CONDUCTOR_SLOW));
        }
        if (special.nextBoolean()) {
            rates.put(Fault.MESSAGE_LOST, special.nextDouble());
        }
    }

    /** Not where all clusters stand on the token issuer's user: that has one password, so there all replicas must have the same key. */
    private static long newKeyAt(Collection<Profile> profiles, SplittableRandom special) {
        return special.nextInt(SPECIAL) == 0
                        && profiles.stream().allMatch(profile -> profile.trustee() == Trusteeship.PER_CLUSTER)
                ? special.nextLong(World.HOUR)
                : Long.MAX_VALUE;
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
            case FORGED_DELETE -> 0.5;
            case READING_STALLS -> 0.3;
            case CONDUCTOR_UNAVAILABLE -> 0.1;
            case CONDUCTOR_SLOW -> 0.2;
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
