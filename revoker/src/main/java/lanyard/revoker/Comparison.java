package lanyard.revoker;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import lanyard.common.keystone.ConductorApi.Cluster;
import lanyard.common.reconcile.Phase;
import org.jspecify.annotations.Nullable;

/** What the conductor's own list says that was not heard: clusters without a credential, and clusters that are gone. Pure. */
final class Comparison {
    /** In so many comparisons a cluster must be gone. */
    static final int TIMES = 3;

    /** So many clusters one comparison tells at most: those that can't be served are told again each time, and must not crowd out others. */
    static final int MOST_TOLD = 1_000;

    /** So many it asks for at most. */
    static final int MOST_ASKED = 100;

    private Comparison() {}

    /**
     * What the operator has set.
     *
     * @param grace how long a cluster must exist without a credential, or be missing from the list
     * @param share how much of all living clusters may be missing from it, from 0 to 1
     */
    record Rules(Duration grace, double share) {}

    /**
     * A cluster that was heard of.
     *
     * @param provisioned whether the provisioner told that it made something for it
     * @param unlistedSince since when comparisons have missed it; {@code null} if the last one did not
     * @param unlistedTimes how many have
     */
    record Known(String id, Phase phase, boolean provisioned, @Nullable Instant unlistedSince, int unlistedTimes) {
        boolean lives() {
            return phase != Phase.ABSENT;
        }
    }

    /**
     * What a comparison found.
     *
     * @param unserved clusters that are there for long and have no credential, the oldest first
     * @param unlisted clusters that live, as far as was heard, and are not listed; those that are missed for longest first
     * @param listedAgain ids of those that were missed, and are listed
     * @param most how many may be unlisted for that to be believed
     */
    record Findings(List<Cluster> unserved, List<Known> unlisted, List<String> listedAgain, int most) {
        /** Whether so many clusters are missing that it must be the list that is wrong. */
        boolean tooMany() {
            return unlisted.size() > most;
        }
    }

    static Findings compare(List<Cluster> listed, List<Known> known, Rules rules, Instant now) {
        var byId = known.stream().collect(Collectors.toMap(Known::id, Function.identity()));
        var there = listed.stream().collect(Collectors.toMap(Cluster::id, Function.identity()));
        var living = known.stream().filter(Known::lives).toList();
        var old = now.minus(rules.grace());
        return new Findings(
                listed.stream()
                        .filter(cluster -> !cluster.leaving()
                                && (cluster.madeAt() == null
                                        || !cluster.madeAt().isAfter(old))
                                && lacksCredential(byId.get(cluster.id())))
                        .sorted(Comparator.comparing(Cluster::madeAt, Comparator.nullsFirst(Comparator.naturalOrder())))
                        .toList(),
                living.stream()
                        .filter(cluster -> !there.containsKey(cluster.id()))
                        .sorted(Comparator.comparing(
                                Known::unlistedSince, Comparator.nullsLast(Comparator.naturalOrder())))
                        .toList(),
                living.stream()
                        .filter(cluster -> cluster.unlistedSince() != null && there.containsKey(cluster.id()))
                        .map(Known::id)
                        .toList(),
                rules.share() >= 1 ? living.size() : Sweep.most(living.size(), rules.share()));
    }

    private static boolean lacksCredential(@Nullable Known known) {
        return known == null || (known.phase() == Phase.PRESENT && !known.provisioned());
    }

    /** Whether a cluster that the conductor's API has just said once more not to know counts as gone. */
    static boolean isGone(Known missed, Rules rules, Instant now) {
        return missed.unlistedTimes() + 1 >= TIMES
                && missed.unlistedSince() != null
                && !now.isBefore(missed.unlistedSince().plus(rules.grace()));
    }
}
