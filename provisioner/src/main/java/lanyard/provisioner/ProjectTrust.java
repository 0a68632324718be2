package lanyard.provisioner;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lanyard.common.events.CredentialProvisioned.Grant;
import lanyard.common.events.CredentialProvisioned.Trustee;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Role;
import lanyard.common.keystone.KeystoneAdmin.Trust;
import lanyard.common.keystone.KeystoneAdmin.Trustor;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.provisioner.Attempt.Later;
import lanyard.provisioner.Attempt.Made;
import lanyard.provisioner.Attempt.Refused;
import lanyard.provisioner.Provisioning.Step;
import org.jspecify.annotations.Nullable;

/**
 * The delegation {@code project-trust}: a custodian for each project holds the profiles' roles on it, and delegates to each
 * cluster's trustee, by a trust for each purpose, those of them that the cluster's owner holds too.
 *
 * <p>The bus carries no token of the owner's, and only a trustor can make a trust; so the trustor is a user of ours, which also
 * outlives the employee who made the cluster. Every step finds what an earlier try of it made, because names are derived.
 */
@ApplicationScoped
class ProjectTrust {
    private static final int UNAUTHORIZED = 401;
    private static final Pattern PURPOSE = Pattern.compile("[a-z0-9-]{1,32}");
    private static final int CUSTODIAN_GENERATION = 1;
    private static final int TRUSTEE_GENERATION = 1;

    private final KeystoneAdmin keystone;
    private final KeyRing keys;
    private final String domainName;
    private final Map<String, Set<String>> rolesByPurpose;
    private volatile @Nullable String domainId;

    ProjectTrust(KeystoneAdmin keystone, KeyRing keys, ProvisionerConfig config, Profiles profiles) {
        this.keystone = keystone;
        this.keys = keys;
        this.domainName = config.domain();
        profiles.profiles().forEach((purpose, profile) -> {
            if (!PURPOSE.matcher(purpose).matches() || profile.roles().isEmpty()) {
                throw new IllegalArgumentException(
                        "profile '%s' needs a name of lower-case letters, digits and hyphens, at most 32, and a role"
                                .formatted(purpose));
            }
        });
        this.rolesByPurpose = profiles.profiles().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, profile -> profile.getValue().roles()));
    }

    /** The project's custodian, with every role of the profiles that Keystone knows. */
    Attempt<User> custodian(String project, String keyId) {
        return domain().then(domain -> switch (keystone.findUser(domain, custodianName(project))) {
                    case Reply.Done<User>(var custodian) -> new Made<>(custodian);
                    case Reply.Missing<User>() ->
                        Attempt.of(
                                "make the custodian of project " + project,
                                keystone.createUser(
                                        domain,
                                        custodianName(project),
                                        custodianPassword(project, keyId),
                                        "Lanyard's custodian of project " + project));
                    case Reply<User> failed -> Attempt.of("find the custodian of project " + project, failed);
                })
                .then(custodian -> grantProfiles(custodian, project));
    }

    /** The cluster's trustee. One that an earlier try left behind gets the derived password for certain. */
    Attempt<Trustee> trustee(String cluster, String keyId) {
        var password = keys.derive(keyId, Purpose.TRUSTEE, cluster, TRUSTEE_GENERATION);
        return domain().then(domain -> Attempt.of(
                        "make the trustee",
                        switch (keystone.createUser(
                                domain, cluster, password, "Lanyard's trustee of cluster " + cluster)) {
                            case Reply.Conflict<User>() ->
                                keystone.findUser(domain, cluster)
                                        .then(found -> keystone.resetPassword(found.id(), password)
                                                .map(nothing -> found));
                            case Reply<User> made -> made;
                        })
                .map(user -> new Trustee(user.id(), user.name(), domain)));
    }

    /** A trust for each purpose that the owner holds a role for. */
    Attempt<List<Grant>> grants(Step.Delegate step, String custodianKeyId) {
        var held = keystone.effectiveRoles(step.owner(), step.project());
        // Keystone knows the owner, or the project, no more.
        return (held instanceof Reply.Missing<Set<String>>()
                        ? new Made<>(Set.<String>of())
                        : Attempt.of("read the owner's roles", held))
                .then(roles -> {
                    var wanted = Delegable.of(rolesByPurpose, roles);
                    return wanted.isEmpty()
                            ? new Refused<>(
                                    FailureReason.OWNER_HAS_NO_ROLE,
                                    "the cluster's owner %s holds none of the profiles' roles %s on project %s"
                                            .formatted(step.owner(), new TreeMap<>(rolesByPurpose), step.project()))
                            : Attempt.of(
                                            "list the trustee's trusts",
                                            keystone.trustsTo(step.trustee().id()))
                                    .then(existing -> trusts(step, custodianKeyId, wanted, existing));
                });
    }

    private Attempt<List<Grant>> trusts(
            Step.Delegate step,
            String custodianKeyId,
            SortedMap<String, SortedSet<String>> wanted,
            List<Trust> existing) {
        var unused = new ArrayList<>(existing);
        var grants = new ArrayList<Grant>();
        for (var purpose : wanted.entrySet()) {
            // Trusts have no name: one of the same roles, made by an earlier try, serves as well as a new one.
            var trust = unused.stream()
                    .filter(t -> t.trustorId().equals(step.custodian().id())
                            && t.projectId().equals(step.project())
                            && t.roles().equals(purpose.getValue()))
                    .findFirst();
            trust.ifPresent(unused::remove);
            var attempt = trust.<Attempt<Trust>>map(Made::new)
                    .orElseGet(() -> createTrust(step, custodianKeyId, purpose.getValue()));
            switch (attempt) {
                case Made<Trust>(var made) ->
                    grants.add(new Grant(purpose.getKey(), made.id(), List.copyOf(purpose.getValue())));
                case Refused<Trust>(var reason, var message) -> {
                    return new Refused<>(reason, message);
                }
                case Later<Trust>(var why) -> {
                    return new Later<>(why);
                }
            }
        }
        return new Made<>(List.copyOf(grants));
    }

    private Attempt<Trust> createTrust(Step.Delegate step, String custodianKeyId, Set<String> roles) {
        var password = custodianPassword(step.project(), custodianKeyId);
        var custodian = step.custodian().id();
        var reply = keystone.createTrust(
                new Trustor(custodian, password), step.trustee().id(), step.project(), roles);
        if (reply instanceof Reply.Denied<Trust>(int status, var why) && status == UNAUTHORIZED) {
            // Somebody changed the custodian's password, or a backup brought back an old one.
            return Attempt.of("reset the custodian's password", keystone.resetPassword(custodian, password))
                    .then(nothing -> new Later<>("the custodian could not log in, and got its password anew: " + why));
        }
        return Attempt.of("make a trust", reply);
    }

    /** Removes the project's custodian; what is gone already is success. */
    Attempt<Boolean> removeCustodian(String project) {
        return domain().then(domain -> {
            var removed =
                    keystone.findUser(domain, custodianName(project)).then(user -> keystone.deleteUser(user.id()));
            return removed instanceof Reply.Missing<Void>()
                    ? new Made<>(true)
                    : Attempt.of("remove the custodian of project " + project, removed.map(nothing -> true));
        });
    }

    private Attempt<User> grantProfiles(User custodian, String project) {
        var wanted = rolesByPurpose.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
        return switch (keystone.effectiveRoles(custodian.id(), project)) {
            case Reply.Done<Set<String>>(var held) when held.containsAll(wanted) -> new Made<>(custodian);
            case Reply.Done<Set<String>>(var held) ->
                Attempt.of("list the roles", keystone.listRoles())
                        .then(known -> grant(
                                custodian,
                                project,
                                known.stream()
                                        .filter(role -> wanted.contains(role.name()) && !held.contains(role.name()))
                                        .toList()));
            case Reply.Missing<Set<String>>() -> projectGone(project);
            case Reply<Set<String>> failed -> Attempt.of("read the custodian's roles", failed.map(held -> custodian));
        };
    }

    private Attempt<User> grant(User custodian, String project, List<Role> roles) {
        for (var role : roles) {
            switch (keystone.grantRole(custodian.id(), project, role.id())) {
                case Reply.Done<Void> done -> {}
                case Reply.Missing<Void>() -> {
                    return projectGone(project);
                }
                case Reply<Void> failed -> {
                    return Attempt.of(
                            "give role %s to the custodian".formatted(role.name()), failed.map(nothing -> custodian));
                }
            }
        }
        return new Made<>(custodian);
    }

    private static <T> Attempt<T> projectGone(String project) {
        return new Refused<>(FailureReason.PROJECT_GONE, "Keystone knows no project %s any more".formatted(project));
    }

    /** Id of Lanyard's domain, which is made if it is not there. */
    private Attempt<String> domain() {
        var known = domainId;
        if (known != null) {
            return new Made<>(known);
        }
        var found = keystone.findDomain(domainName);
        var attempt = Attempt.of(
                "find or make domain " + domainName,
                found instanceof Reply.Missing<String>()
                        ? keystone.createDomain(domainName, "Lanyard's users: custodians and trustees")
                        : found);
        if (attempt instanceof Made<String>(var id)) {
            domainId = id;
        }
        return attempt;
    }

    private static String custodianName(String project) {
        return "custodian-" + project;
    }

    private Secret custodianPassword(String project, String keyId) {
        return keys.derive(keyId, Purpose.CUSTODIAN, project, CUSTODIAN_GENERATION);
    }
}
