package lanyard.provisioner;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lanyard.common.delegation.TrustsFromCustodian;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.FailureReason;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneAdmin.Role;
import lanyard.common.keystone.KeystoneAdmin.User;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.KeyRing;
import lanyard.common.secrets.KeyRing.Purpose;
import lanyard.common.secrets.Secret;
import lanyard.provisioner.Attempt.Later;
import lanyard.provisioner.Attempt.Made;
import lanyard.provisioner.Attempt.Refused;

/** The users that hold the profiles' roles, one on each project, and delegate them. */
@ApplicationScoped
class Custodians {
    private static final int GENERATION = 1;

    private final KeystoneAdmin keystone;
    private final LanyardDomain domain;
    private final KeyRing keys;
    private final Set<String> roles;

    Custodians(KeystoneAdmin keystone, LanyardDomain domain, KeyRing keys, Profiles profiles) {
        this.keystone = keystone;
        this.domain = domain;
        this.keys = keys;
        this.roles = profiles.profiles().values().stream()
                .flatMap(profile -> profile.roles().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The project's custodian, with every role of the profiles that Keystone knows.
     *
     * @param doubtful whether Keystone may have refused tokens for the project: it must be enabled, then
     */
    Attempt<User> prepare(String project, String keyId, boolean doubtful) {
        return doubtful ? enabled(project).then(yes -> prepare(project, keyId)) : prepare(project, keyId);
    }

    private Attempt<Boolean> enabled(String project) {
        return switch (keystone.isEnabled(project)) {
            case Reply.Done<Boolean>(var enabled)
            when !enabled ->
                new Refused<>(
                        FailureReason.KEYSTONE_REFUSED,
                        "project %s is disabled, so that Keystone gives no token for it: enable it, or delete the cluster"
                                .formatted(project));
            case Reply.Missing<Boolean>() -> projectGone(project);
            case Reply<Boolean> reply -> Attempt.of("look at project " + project, reply);
        };
    }

    private Attempt<User> prepare(String project, String keyId) {
        var name = UserNames.custodian(project);
        return domain.within(domainId -> switch (keystone.findUser(domainId, name)) {
                    case Reply.Done<User>(var custodian) -> new Made<>(custodian);
                    case Reply.Missing<User>() ->
                        Attempt.of(
                                "make the custodian of project " + project,
                                keystone.createUser(
                                        domainId,
                                        name,
                                        password(project, keyId),
                                        "Lanyard's custodian of project " + project));
                    case Reply<User> failed -> Attempt.of("find the custodian of project " + project, failed);
                })
                .then(custodian -> grantRoles(custodian, project));
    }

    /**
     * Removes the project's custodian; what is gone already is success.
     *
     * @return whether it is gone: not if there are trusts from it that somebody can use
     */
    Attempt<Boolean> remove(String project) {
        return domain.remove(domainId -> {
            var removed = keystone.findUser(domainId, UserNames.custodian(project))
                    .then(user -> TrustsFromCustodian.of(keystone, domainId, user.id())
                            .then(trusts -> trusts.isEmpty()
                                    ? keystone.deleteUser(user.id()).map(nothing -> true)
                                    : new Reply.Done<>(false)));
            return removed instanceof Reply.Missing<Boolean>()
                    ? new Made<>(true)
                    : Attempt.of("remove the custodian of project " + project, removed);
        });
    }

    /**
     * Gives the custodian its password, also if it was disabled. Every token that came of its trusts dies with the one that it had; clients
     * come back, and the door sees that.
     *
     * @param key id of the master key by which it was to log in, or is to from now on
     * @param recorded the same, as the project's row says when it is asked: before, since another replica may have written another key and set
     *     its password meanwhile; and afterwards, since in that case this must not have been the last word
     * @return id of the key whose password it has
     */
    Attempt<String> renewPassword(String custodianId, String project, String key, Supplier<String> recorded) {
        if (!recorded.get().equals(key)) {
            return new Later<>("another master key was recorded for the custodian of project " + project);
        }
        return domain.enabled()
                .then(yes -> Attempt.of(
                        "reset the custodian's password", keystone.resetPassword(custodianId, password(project, key))))
                .then(reset -> {
                    var now = recorded.get();
                    return now.equals(key) ? new Made<>(key) : renewPassword(custodianId, project, now, recorded);
                });
    }

    Secret password(String project, String keyId) {
        return keys.derive(keyId, Purpose.CUSTODIAN, project, GENERATION);
    }

    private Attempt<User> grantRoles(User custodian, String project) {
        return switch (keystone.effectiveRoles(custodian.id(), project)) {
            case Reply.Done<Set<String>>(var held) when held.containsAll(roles) -> new Made<>(custodian);
            case Reply.Done<Set<String>>(var held) ->
                Attempt.of("list the roles", keystone.listRoles())
                        .then(known -> grant(
                                custodian,
                                project,
                                known.stream()
                                        .filter(role -> roles.contains(role.name()) && !held.contains(role.name()))
                                        .toList()));
            case Reply.Missing<Set<String>>() -> projectGone(project);
            case Reply<Set<String>> failed -> Attempt.of("read the custodian's roles", failed.map(held -> custodian));
        };
    }

    private Attempt<User> grant(User custodian, String project, List<Role> missing) {
        for (var role : missing) {
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
}
