package lanyard.revoker;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.SweepFinished;
import lanyard.common.events.SweepFinished.Kind;
import lanyard.common.events.SweepFinished.Outcome;
import lanyard.common.events.wire.Shape;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.User;
import org.jspecify.annotations.Nullable;

/** The sweep's decisions: what of Lanyard's in Keystone belongs to no living cluster, and whether it is to go. Pure. */
final class Sweep {
    /** So many orphans may go however small a share they must be, as long as they are not the greater part. */
    static final int FEW = 10;

    private Sweep() {}

    /**
     * What the operator has set.
     *
     * @param grace how long something must be known as an orphan
     * @param share how much of all that is Lanyard's may be orphans, from 0 to 1, for any of it to be removed; 1 is without bound
     */
    record Rules(Duration grace, double share) {}

    /**
     * What Keystone holds.
     *
     * @param users of Lanyard's domain
     * @param truncated whether there are other users that Keystone did not list
     * @param trustsToIssuer the trusts to the token issuer's user, whoever made them
     */
    record Held(List<User> users, boolean truncated, List<Trust> trustsToIssuer) {}

    /**
     * A cluster that was heard of and was not proved gone: what Keystone holds of it is no orphan.
     *
     * @param living whether it is there, as far as was heard; otherwise its revocation is under way
     * @param projects in which it may be, by those who told; none if nobody did
     * @param trusts ids of the trusts that the provisioner told last
     */
    record Cluster(String id, boolean living, Set<String> projects, Set<String> trusts) {}

    /**
     * Something of Lanyard's that belongs to no living cluster.
     *
     * @param id Keystone's
     * @param whose the cluster's UUID for a trustee, otherwise the project's id
     */
    record Orphan(Kind kind, String id, String whose) {}

    /**
     * An orphan that is being watched.
     *
     * @param since when it was first seen to be one
     * @param doomed whether its removal was begun
     */
    record Suspect(Orphan orphan, Instant since, boolean doomed) {}

    /**
     * What a sweep found.
     *
     * @param ours how many users and trusts are Lanyard's by their names
     * @param foreign how many are not, which are never touched
     * @param most how many orphans there may be, for any to be removed
     * @param waiting orphans that must not be removed in this sweep
     * @param due orphans that are to be removed, unless the outcome forbids it; not more than one sweep may remove
     * @param gone what an earlier sweep had begun to remove, and is gone
     */
    record Findings(
            int ours,
            int foreign,
            int most,
            List<Suspect> waiting,
            List<Suspect> due,
            List<Suspect> gone,
            Outcome outcome) {
        /** What is removed now. */
        List<Suspect> doomed() {
            return outcome == Outcome.DONE ? due : List.of();
        }
    }

    /**
     * Decides from what Keystone holds, what the rows say (read after Keystone was: who is made meanwhile is in the rows first), and
     * what earlier sweeps have seen.
     */
    static Findings decide(Held held, List<Cluster> clusters, List<Suspect> seen, Rules rules, Instant now) {
        var known = new Known(clusters);
        var ours = new ArrayList<Orphan>();
        var orphans = new ArrayList<Orphan>();
        int foreign = 0;
        for (var user : held.users()) {
            var orphan = named(user);
            if (orphan != null) {
                ours.add(orphan);
                if (!known.owns(orphan)) {
                    orphans.add(orphan);
                }
            } else if (!user.name().equals(UserNames.ISSUER)) {
                foreign++;
            }
        }
        var custodians = ours.stream()
                .filter(user -> user.kind() == Kind.CUSTODIAN)
                .collect(Collectors.toMap(Orphan::id, Orphan::whose));
        for (var trust : held.trustsToIssuer()) {
            var project = custodians.get(trust.trustorId());
            // Anybody may make a trust to the issuer's user. Lanyard's are a custodian's, of its own project, and have
            // a name.
            if (project == null || !project.equals(trust.projectId()) || !TrustName.isOne(trust.expiresAt())) {
                foreign++;
                continue;
            }
            var orphan = new Orphan(Kind.TRUST, trust.id(), project);
            ours.add(orphan);
            if (!known.owns(trust, project)) {
                orphans.add(orphan);
            }
        }
        return found(ours.size(), foreign, orphans, known.anyLives(), held, seen, rules, now);
    }

    /** Of so many things, how many may be wrong for that to be believed. */
    static int most(int all, double share) {
        return (int) Math.max(share * all, Math.min(FEW, all / 2));
    }

    /** What a user would be if it were an orphan; {@code null} if its name does not say that it is Lanyard's. */
    private static @Nullable Orphan named(User user) {
        if (!Shape.USER_ID.fits(user.id())) {
            return null;
        }
        var cluster = UserNames.clusterOfTrustee(user.name());
        var project = UserNames.projectOfCustodian(user.name());
        if (cluster != null) {
            return new Orphan(Kind.TRUSTEE, user.id(), cluster);
        }
        return project == null ? null : new Orphan(Kind.CUSTODIAN, user.id(), project);
    }

    private static Findings found(
            int ours,
            int foreign,
            List<Orphan> orphans,
            boolean anyLives,
            Held held,
            List<Suspect> seen,
            Rules rules,
            Instant now) {
        var before = seen.stream()
                .collect(Collectors.toMap(suspect -> suspect.orphan().id(), Function.identity()));
        var suspects = orphans.stream()
                .map(orphan -> {
                    var suspect = before.get(orphan.id());
                    // Under another name it is another thing, whatever its id.
                    return suspect != null && suspect.orphan().equals(orphan)
                            ? suspect
                            : new Suspect(orphan, now, false);
                })
                .sorted(Comparator.comparing(Suspect::since)
                        .thenComparing(suspect -> suspect.orphan().kind())
                        .thenComparing(suspect -> suspect.orphan().id()))
                .toList();
        var gone = gone(held, orphans, seen);
        var due = suspects.stream()
                .filter(suspect -> !now.isBefore(suspect.since().plus(rules.grace())))
                .limit(Math.max(0, SweepFinished.MOST_LISTED - gone.size()))
                .toList();
        var most = most(ours, rules.share());
        return new Findings(
                ours,
                foreign,
                most,
                suspects.stream().filter(suspect -> !due.contains(suspect)).toList(),
                due,
                gone,
                outcome(orphans.size(), most, anyLives, rules));
    }

    /**
     * All orphans count, due or not: if there are too many, what the rows say is wrong, and then it is wrong about those that are
     * due, too.
     */
    private static Outcome outcome(int orphans, int most, boolean anyLives, Rules rules) {
        if (orphans == 0 || rules.share() >= 1) {
            return Outcome.DONE;
        }
        if (!anyLives) {
            return Outcome.NONE_LIVE;
        }
        return orphans > most ? Outcome.TOO_MANY : Outcome.DONE;
    }

    /** Of a trustee the removal was begun with its row, whether or not it is done. */
    private static List<Suspect> gone(Held held, List<Orphan> orphans, List<Suspect> seen) {
        var there = Stream.concat(
                        held.users().stream().map(User::id),
                        held.trustsToIssuer().stream().map(Trust::id))
                .collect(Collectors.toSet());
        var still = orphans.stream().map(Orphan::id).collect(Collectors.toSet());
        return seen.stream()
                .filter(Suspect::doomed)
                .filter(suspect -> suspect.orphan().kind() == Kind.TRUSTEE
                        ? !still.contains(suspect.orphan().id())
                        : !there.contains(suspect.orphan().id()) && !held.truncated())
                .toList();
    }

    /** What the rows say, by what it is looked for. */
    private static final class Known {
        private final Set<String> clusters = new HashSet<>();
        private final Set<String> trusts = new HashSet<>();
        private final Map<String, List<String>> byProject = new HashMap<>();
        private final List<String> anywhere = new ArrayList<>();
        private boolean anyLives;

        Known(List<Cluster> known) {
            for (var cluster : known) {
                clusters.add(cluster.id());
                trusts.addAll(cluster.trusts());
                anyLives |= cluster.living();
                cluster.projects().forEach(project -> byProject
                        .computeIfAbsent(project, id -> new ArrayList<>())
                        .add(cluster.id()));
                if (cluster.projects().isEmpty()) {
                    anywhere.add(cluster.id());
                }
            }
        }

        boolean anyLives() {
            return anyLives;
        }

        boolean owns(Orphan user) {
            return user.kind() == Kind.TRUSTEE ? clusters.contains(user.whose()) : byProject.containsKey(user.whose());
        }

        boolean owns(Trust trust, String project) {
            return trusts.contains(trust.id())
                    || Stream.concat(byProject.getOrDefault(project, List.of()).stream(), anywhere.stream())
                            .anyMatch(cluster -> TrustName.isOf(cluster, trust.expiresAt()));
        }
    }
}
