package lanyard.provisioner;

import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.TrustsToIssuer;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Trusteeship;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.Reply;
import lanyard.provisioner.Attempt.Later;
import lanyard.provisioner.Attempt.Made;
import lanyard.provisioner.Attempt.Refused;
import lanyard.provisioner.Profiles.Profile;
import lanyard.provisioner.Provisioning.Step;

/**
 * The delegation {@code project-trust}: a custodian for each project holds the profiles' roles on it, and delegates to each
 * cluster's trustee, or to the token issuer, by a trust for each purpose, those of them that the cluster's owner holds too.
 *
 * <p>The bus carries no token of the owner's, and only a trustor can make a trust; so the trustor is a user of ours, which also
 * outlives the employee who made the cluster. Every step finds what an earlier try of it made, because names are derived.
 */
@ApplicationScoped
@Startup // So that a profile that can't be served is said before the first cluster comes.
class ProjectTrust {
    private static final int UNAUTHORIZED = 401;
    private static final Pattern PURPOSE = Pattern.compile("[a-z0-9-]{1,32}");

    private final KeystoneAdmin keystone;
    private final LanyardDomain domain;
    private final Custodians custodians;
    private final List<Wanted> profiles;

    ProjectTrust(KeystoneAdmin keystone, LanyardDomain domain, Custodians custodians, Profiles profiles) {
        this.keystone = keystone;
        this.domain = domain;
        this.custodians = custodians;
        profiles.profiles().forEach(ProjectTrust::require);
        this.profiles = profiles.profiles().entrySet().stream()
                .map(profile -> new Wanted(
                        profile.getKey(),
                        profile.getValue().trustee(),
                        new TreeSet<>(profile.getValue().roles())))
                .sorted(Comparator.comparing(Wanted::purpose))
                .toList();
    }

    private static void require(String purpose, Profile profile) {
        if (!PURPOSE.matcher(purpose).matches() || profile.roles().isEmpty()) {
            throw new IllegalArgumentException(
                    "profile '%s' needs a name of lower-case letters, digits and hyphens, at most 32, and a role"
                            .formatted(purpose));
        }
        if (profile.trustee() == Trusteeship.UNKNOWN) {
            throw new IllegalArgumentException(
                    "lanyard.profiles.%s.trustee is neither 'per-cluster' nor 'issuer'".formatted(purpose));
        }
    }

    /** What is to be delegated for each purpose: what the owner holds of its profile, or the cluster was given before. */
    Attempt<List<Wanted>> choose(Step.Choose step) {
        var owner = step.owner();
        var project = step.project();
        var held = owner == null ? new Reply.Done<>(Set.<String>of()) : keystone.effectiveRoles(owner, project);
        // Keystone knows the owner, or the project, no more.
        return (held instanceof Reply.Missing<Set<String>>()
                        ? new Made<>(Set.<String>of())
                        : Attempt.of("read the owner's roles", held))
                .then(roles -> roles.containsAll(step.delegated()) ? new Made<>(roles) : withDelegated(step, roles))
                .then(roles -> {
                    var wanted = Delegable.of(profiles, roles);
                    return wanted.isEmpty()
                            ? new Refused<>(
                                    FailureReason.OWNER_HAS_NO_ROLE,
                                    "the cluster's owner %s holds none of the profiles' roles %s on project %s"
                                            .formatted(
                                                    owner == null ? "is not known for certain, and" : owner,
                                                    rolesByPurpose(),
                                                    project))
                            : new Made<>(wanted);
                });
    }

    /** The owner's roles with those that the cluster was given before. */
    private Attempt<Set<String>> withDelegated(Step.Choose step, Set<String> roles) {
        var kept = new TreeSet<>(step.delegated());
        kept.retainAll(
                profiles.stream().flatMap(profile -> profile.roles().stream()).toList());
        return Attempt.of(
                        "read the custodian's roles",
                        keystone.effectiveRoles(step.custodian().id(), step.project()))
                .then(held -> {
                    var lost = new TreeSet<>(kept);
                    lost.removeAll(held);
                    if (!lost.isEmpty()) {
                        // The custodian was given all the profiles' roles that there are.
                        return new Refused<>(
                                FailureReason.KEYSTONE_REFUSED,
                                "Keystone knows no role %s any more, which the cluster was given: make it again, or take it out of the profiles"
                                        .formatted(String.join(", ", lost)));
                    }
                    kept.addAll(roles);
                    return new Made<>(kept);
                });
    }

    private SortedMap<String, Set<String>> rolesByPurpose() {
        var roles = new TreeMap<String, Set<String>>();
        profiles.forEach(profile -> roles.put(profile.purpose(), profile.roles()));
        return roles;
    }

    /**
     * A trust for each purpose.
     *
     * @param custodianKeyId id of the master key of the custodian's password
     * @param renewPassword gives the custodian its password, if it can't log in
     */
    Attempt<List<Grant>> grants(
            String cluster, Step.Delegate step, String custodianKeyId, Supplier<Attempt<String>> renewPassword) {
        var password = custodians.password(step.project(), custodianKeyId);
        return domain.within(domainId -> grants(
                cluster, step, new Custodian(new Trustor(step.custodian().id(), domainId, password), renewPassword)));
    }

    /** The custodian as it logs in, and what is done if it can't. */
    private record Custodian(Trustor trustor, Supplier<Attempt<String>> renewPassword) {}

    private Attempt<List<Grant>> grants(String cluster, Step.Delegate step, Custodian custodian) {
        var grants = new ArrayList<Grant>();
        // What was announced is part of an earlier backend, whatever it is called.
        var taken = new HashSet<>(step.backend().isNew() ? step.backend().announced() : List.<String>of());
        for (var wanted : step.wanted()) {
            switch (trust(cluster, step, custodian, wanted, taken)) {
                case Made<String>(var trust) -> {
                    taken.add(trust);
                    grants.add(new Grant(wanted.purpose(), trust, wanted.trustee(), List.copyOf(wanted.roles())));
                }
                case Refused<String>(var reason, var message) -> {
                    return new Refused<>(reason, message);
                }
                case Later<String>(var why) -> {
                    return new Later<>(why);
                }
            }
        }
        return new Made<>(List.copyOf(grants));
    }

    /** Id of the trust for one purpose: that which an earlier try made, or a new one. */
    private Attempt<String> trust(
            String cluster, Step.Delegate step, Custodian custodian, Wanted wanted, Set<String> taken) {
        var trustee = Objects.requireNonNull(
                switch (wanted.trustee()) {
                    case PER_CLUSTER ->
                        step.trustee() == null ? null : step.trustee().id();
                    case ISSUER -> step.issuer();
                    case UNKNOWN -> null;
                });
        var mayBeThere = !step.backend().isNew();
        for (int attempt = 0; attempt < TrustName.ATTEMPTS; attempt++) {
            var end = TrustName.of(
                    cluster,
                    wanted.purpose(),
                    wanted.roles(),
                    step.backend().generation().generation(),
                    attempt);
            var found =
                    mayBeThere ? find(step, trustee, wanted, end, taken) : new Reply.Done<>(Optional.<String>empty());
            if (isNothing(found)) {
                var made = keystone.createTrust(custodian.trustor(), trustee, step.project(), wanted.roles(), end);
                if (!(made instanceof Reply.Conflict<Trust>())) {
                    return made(made, custodian);
                }
                mayBeThere = true;
                found = find(step, trustee, wanted, end, taken);
            }
            if (!isNothing(found)) {
                return Attempt.of("find a trust", found.map(Optional::orElseThrow));
            }
            // It was removed, and Keystone takes its name no more; or another trust has the name by chance.
        }
        return new Later<>(
                "Keystone keeps removed trusts by all the names that purpose %s has: keystone-manage trust_flush"
                        .formatted(wanted.purpose()));
    }

    private static boolean isNothing(Reply<Optional<String>> found) {
        return found instanceof Reply.Done<Optional<String>>(var trust) && trust.isEmpty();
    }

    /** Id of the trust of that name, if it is what is wanted. */
    private Reply<Optional<String>> find(
            Step.Delegate step, String trustee, Wanted wanted, Instant end, Set<String> taken) {
        return keystone.trustsBetween(step.custodian().id(), trustee).then(trusts -> trusts.stream()
                .filter(trust -> end.equals(trust.expiresAt())
                        && trust.projectId().equals(step.project())
                        && !taken.contains(trust.id()))
                .findFirst()
                .map(trust -> ifItDelegates(wanted.roles(), trust.id()))
                .orElseGet(() -> new Reply.Done<>(Optional.empty())));
    }

    private Reply<Optional<String>> ifItDelegates(Set<String> roles, String trust) {
        var delegated = keystone.rolesOf(trust);
        return delegated instanceof Reply.Missing<Set<String>>()
                ? new Reply.Done<>(Optional.empty())
                : delegated.map(names -> names.equals(roles) ? Optional.of(trust) : Optional.empty());
    }

    private static Attempt<String> made(Reply<Trust> reply, Custodian custodian) {
        if (reply instanceof Reply.Denied<Trust>(int status, var why) && status == UNAUTHORIZED) {
            // Somebody changed the custodian's password, or a backup brought back an old one.
            return custodian
                    .renewPassword()
                    .get()
                    .then(renewed -> new Later<>("the custodian could not log in, and got its password anew: " + why));
        }
        return Attempt.of("make a trust", reply).map(Trust::id);
    }

    /**
     * Removes every trust of the cluster, to its own trustee and to the token issuer, that is not among those that were announced last.
     * One that somebody else made to the trustee is theirs, and goes with the trustee.
     *
     * @param others ids of trusts that are other clusters', whatever they are called
     */
    Attempt<Boolean> removeSurplus(String cluster, String project, Collection<String> announced, Set<String> others) {
        return domain.remove(domainId -> Attempt.<List<String>>of(
                        "list the cluster's trusts",
                        own(cluster, project, domainId)
                                .then(own -> TrustsToIssuer.of(keystone, domainId, project, cluster)
                                        .map(toIssuer -> Stream.concat(
                                                        own.stream(),
                                                        toIssuer.stream().filter(trust -> !others.contains(trust.id())))
                                                .map(Trust::id)
                                                .filter(trust -> !announced.contains(trust))
                                                .toList())))
                .then(this::remove));
    }

    private Reply<List<Trust>> own(String cluster, String project, String domainId) {
        var found = keystone.findUser(domainId, cluster)
                .then(trustee -> keystone.findUser(domainId, UserNames.custodian(project))
                        .then(custodian -> keystone.trustsTo(trustee.id()).map(trusts -> trusts.stream()
                                .filter(trust -> trust.trustorId().equals(custodian.id()))
                                .toList())));
        return found instanceof Reply.Missing<List<Trust>>() ? new Reply.Done<>(List.of()) : found;
    }

    private Attempt<Boolean> remove(List<String> trusts) {
        for (var trust : trusts) {
            var removed = keystone.deleteTrust(trust);
            if (!(removed instanceof Reply.Done<Void> || removed instanceof Reply.Missing<Void>)) {
                return Attempt.of("remove a trust that is not used any more", removed.map(nothing -> true));
            }
        }
        return new Made<>(true);
    }
}
