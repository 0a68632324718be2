package lanyard.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import lanyard.common.delegation.UserNames;
import lanyard.common.keystone.KeystoneAdmin;
import lanyard.common.keystone.KeystoneTokens;
import lanyard.common.keystone.Reply;
import lanyard.common.secrets.Secret;
import org.jspecify.annotations.Nullable;

/** A Keystone, by the rules that were seen on a real one. */
final class ModelKeystone implements KeystoneAdmin, KeystoneTokens {
    static final String OWNERS = "customers";
    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final long LONGEST_OUTAGE = 10 * World.MINUTE;
    private static final long LONGEST_DELAY = 10 * World.SECOND;
    private static final long LONGEST_TIMEOUT = 15 * World.SECOND;

    private final World world;
    private final Map<String, String> domains = new TreeMap<>();
    private final Map<String, Account> users = new TreeMap<>();
    private final Map<String, Delegation> trusts = new TreeMap<>();
    /** The unique constraint, which removed trusts keep. */
    private final Set<List<Object>> taken = new HashSet<>();

    /** What was seen when somebody asked last, by trustor. */
    private final Map<String, Set<Trust>> seenFrom = new TreeMap<>();

    private final Map<String, Issued> tokens = new TreeMap<>();
    private final Set<String> projects = new TreeSet<>();
    private final TreeSet<String> roles = new TreeSet<>(List.of("member", "load-balancer_member", "reader"));
    private final Removals removals;
    private int ids;
    private int passwords;
    private long outageUntil;

    ModelKeystone(World world, Removals removals) {
        this.world = world;
        this.removals = removals;
        domains.put(OWNERS, "d-" + OWNERS);
        projects.addAll(world.plan.projectNames());
    }

    /** Somebody who is told before a service removes something, and may object. */
    interface Removals {
        void ofTrust(Delegation trust, @Nullable Process by);

        void ofUser(Account user, @Nullable Process by);
    }

    /** A user. */
    static final class Account {
        final String id;
        final String name;
        final String domain;
        boolean enabled = true;
        Secret password;
        /** How many passwords there were before. */
        int passwordSince;
        /** By project. */
        final Map<String, TreeSet<String>> roles = new TreeMap<>();

        Account(String id, String name, String domain, Secret password) {
            this.id = id;
            this.name = name;
            this.domain = domain;
            this.password = password;
        }
    }

    /** A trust with its roles. */
    record Delegation(Trust trust, TreeSet<String> roles) {}

    /** @param at how many passwords there were before */
    private record Issued(String trust, int at) {}

    // ---- What can be done by hand, and looked at

    /** Makes a customer who holds these roles on a project. */
    void customer(String id, String project, Set<String> held) {
        users.computeIfAbsent(id, key -> new Account(id, id, "d-" + OWNERS, Secret.of(id)))
                .roles
                .put(project, new TreeSet<>(held));
        world.changed();
    }

    /** Makes a user of Lanyard's by hand, unless there is one of that name or nothing of Lanyard's at all. */
    void bringBack(String name) {
        var domain = lanyardsDomain();
        if (domain != null && named(domain, name) == null) {
            var user = new Account(id("u"), name, domain, Secret.of("brought back"));
            users.put(user.id, user);
        }
    }

    /** Makes a trust by hand, from a custodian to the token issuer, if there are both. */
    void bringBackTrust(String project, Instant end) {
        var domain = lanyardsDomain();
        var trustor = domain == null ? null : named(domain, UserNames.custodian(project));
        var trustee = domain == null ? null : named(domain, UserNames.ISSUER);
        if (trustor != null
                && trustee != null
                && hasProject(project)
                && taken.add(List.of(trustor.id, trustee.id, project, end))) {
            var trust = new Trust(id("t"), trustor.id, trustee.id, project, end);
            trusts.put(trust.id(), new Delegation(trust, new TreeSet<>(Set.of("member"))));
        }
    }

    private @Nullable String lanyardsDomain() {
        return domains.entrySet().stream()
                .filter(domain -> !domain.getKey().equals(OWNERS))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    List<Account> ownUsers() {
        return users.values().stream()
                .filter(user -> !user.domain.equals("d-" + OWNERS))
                .toList();
    }

    List<Delegation> delegations() {
        return List.copyOf(trusts.values());
    }

    @Nullable
    Account user(String id) {
        return users.get(id);
    }

    boolean hasProject(String project) {
        return projects.contains(project);
    }

    Set<String> held(String user, String project) {
        var account = users.get(user);
        return account == null ? Set.of() : account.roles.getOrDefault(project, new TreeSet<>());
    }

    void removeTrust(String id) {
        if (trusts.remove(id) != null) {
            world.changed();
        }
    }

    void removeUser(String id) {
        trusts.values()
                .removeIf(one -> one.trust().trustorId().equals(id)
                        || one.trust().trusteeId().equals(id));
        users.remove(id);
        world.changed();
    }

    void disable(Account user) {
        user.enabled = false;
        world.changed();
    }

    void takeRole(Account user, String project) {
        var held = user.roles.get(project);
        if (held != null && !held.isEmpty()) {
            held.removeFirst();
            world.changed();
        }
    }

    void changePassword(Account user) {
        setPassword(user, Secret.of("changed by hand"));
    }

    /** Every token that came of the user's trusts, from either side, dies with the old one. */
    private void setPassword(Account user, Secret password) {
        user.password = password;
        user.passwordSince = ++passwords;
        world.changed();
    }

    /** Removes a project, with the assignments and the trusts on it. */
    void removeProject(String project) {
        projects.remove(project);
        users.values().forEach(user -> user.roles.remove(project));
        trusts.values().removeIf(one -> one.trust().projectId().equals(project));
        world.changed();
    }

    /** Whether a service that is shown this token lets its bearer in. */
    boolean isGood(Secret token) {
        return tokens.entrySet().stream()
                .filter(one -> Secret.of(one.getKey()).equals(token))
                .anyMatch(one -> isGood(one.getValue()));
    }

    private boolean isGood(Issued token) {
        if (refusal(token.trust()) != null) {
            return false;
        }
        var trust = present(trusts.get(token.trust())).trust();
        return present(users.get(trust.trustorId())).passwordSince <= token.at()
                && present(users.get(trust.trusteeId())).passwordSince <= token.at();
    }

    // ---- How calls go wrong

    private <T> Reply<T> call(String what, Supplier<Reply<T>> effect) {
        return call(what, effect, () -> {});
    }

    /** @param part what may have happened when the call failed in the middle */
    private <T> Reply<T> call(String what, Supplier<Reply<T>> effect, Runnable part) {
        world.step(Coroutine.Next.KEYSTONE);
        if (world.isCalm()) {
            outageUntil = 0;
        }
        mayTakeItsTime(what);
        if (world.now() < outageUntil || world.strikes(Fault.KEYSTONE_UNAVAILABLE)) {
            log(what, "UNAVAILABLE");
            return new Reply.Unavailable<>("503");
        }
        if (world.strikes(Fault.KEYSTONE_OUTAGE)) {
            log(what, "OUTAGE");
            outageUntil = world.now() + world.someTime(LONGEST_OUTAGE);
            return new Reply.Unavailable<>("503");
        }
        if (world.strikes(Fault.KEYSTONE_REFUSES)) {
            log(what, "REFUSED");
            return new Reply.Denied<>(world.random.nextBoolean() ? 403 : 401, "not now");
        }
        if (world.strikes(Fault.KEYSTONE_PARTIAL)) {
            part.run();
            log(what, "DONE IN PART");
            return new Reply.Unavailable<>("500");
        }
        var reply = effect.get();
        if (world.strikes(Fault.KEYSTONE_UNCONFIRMED)) {
            if (world.trace.isKept()) {
                log(what, outcome(reply) + ", ANSWER LOST");
            }
            var ends = world.current() == null ? Long.MAX_VALUE : world.current().leaseEnds;
            world.sleep(Math.max(1, Math.min(world.someTime(LONGEST_TIMEOUT), ends - World.SECOND - world.now())));
            return new Reply.Unavailable<>("timeout");
        }
        if (world.trace.isKept()) {
            log(what, outcome(reply));
        }
        return reply;
    }

    private void mayTakeItsTime(String what) {
        if (world.canWait() && world.strikes(Fault.KEYSTONE_SLOW)) {
            log(what, "...");
            var until = world.now() + world.someTime(LONGEST_DELAY);
            world.await(Coroutine.Next.KEYSTONE, () -> world.now() >= until, () -> until);
        }
    }

    private void log(String what, String outcome) {
        if (world.trace.isKept()) {
            world.log("keystone " + what + ": " + outcome);
        }
    }

    private static String outcome(Reply<?> reply) {
        return switch (reply) {
            case Reply.Done<?>(var value) -> value == null ? "done" : String.valueOf(value);
            case Reply.Missing<?>() -> "404";
            case Reply.Conflict<?>() -> "409";
            case Reply.Denied<?>(int status, var why) -> status + " " + why;
            case Reply.Unavailable<?>(var why) -> why;
        };
    }

    private String id(String kind) {
        world.changed();
        return kind + "-" + ++ids;
    }

    // ---- Administration

    @Override
    public Reply<String> findDomain(String name) {
        return call("find domain " + name, () -> found(domains.get(name)));
    }

    private static <T> Reply<T> found(@Nullable T value) {
        return value == null ? new Reply.Missing<>() : new Reply.Done<>(value);
    }

    @Override
    public Reply<String> createDomain(String name, String description) {
        return call("make domain " + name, () -> {
            if (domains.containsKey(name)) {
                return new Reply.Conflict<>();
            }
            domains.put(name, id("d"));
            return found(domains.get(name));
        });
    }

    @Override
    public Reply<Boolean> isEnabled(String id) {
        return call(
                "look at " + id,
                () -> projects.contains(id) || domains.containsValue(id)
                        ? new Reply.Done<>(true)
                        : new Reply.Missing<>());
    }

    @Override
    public Reply<User> findUser(String domainId, String name) {
        return call("find user " + name, () -> found(named(domainId, name)).map(ModelKeystone::seen));
    }

    private @Nullable Account named(String domainId, String name) {
        for (var user : users.values()) {
            if (user.domain.equals(domainId) && user.name.equals(name)) {
                return user;
            }
        }
        return null;
    }

    private static User seen(Account user) {
        return new User(user.id, user.name, user.enabled);
    }

    @Override
    public Reply<User> createUser(String domainId, String name, Secret password, String description) {
        return call("make user " + name, () -> {
            if (!domains.containsValue(domainId)) {
                return new Reply.Missing<>();
            }
            if (named(domainId, name) != null) {
                return new Reply.Conflict<>();
            }
            var user = new Account(id("u"), name, domainId, password);
            users.put(user.id, user);
            return new Reply.Done<>(seen(user));
        });
    }

    @Override
    public Reply<Void> resetPassword(String userId, Secret password) {
        return call(
                "reset password of " + userId, () -> found(users.get(userId)).then(user -> {
                    setPassword(user, password);
                    user.enabled = true;
                    return Reply.done();
                }));
    }

    @Override
    public Reply<Void> deleteUser(String userId) {
        return call(
                "remove user " + userId,
                () -> found(users.get(userId)).then(user -> {
                    removals.ofUser(user, world.process());
                    removeUser(userId);
                    return Reply.done();
                }),
                () -> trusts.values()
                        .removeIf(one -> one.trust().trusteeId().equals(userId)
                                && users.get(userId) instanceof Account user
                                && allowed(user)));
    }

    /** The objection, if there is one, is made before anything is removed. */
    private boolean allowed(Account user) {
        removals.ofUser(user, world.process());
        world.changed();
        return true;
    }

    @Override
    public Reply<List<Role>> listRoles() {
        return call(
                "list roles",
                () -> new Reply.Done<>(
                        roles.stream().map(role -> new Role("r-" + role, role)).toList()));
    }

    @Override
    public Reply<Set<String>> effectiveRoles(String userId, String projectId) {
        return call("roles of " + userId + " on " + projectId, () -> {
            var user = users.get(userId);
            if (user == null || !projects.contains(projectId)) {
                return new Reply.Missing<>();
            }
            return new Reply.Done<>(effective(user, projectId));
        });
    }

    private static Set<String> effective(Account user, String project) {
        var held = new TreeSet<>(user.roles.getOrDefault(project, new TreeSet<>()));
        if (held.contains("member")) {
            held.add("reader");
        }
        return held;
    }

    @Override
    public Reply<Void> grantRole(String userId, String projectId, String roleId) {
        return call("grant " + roleId + " to " + userId, () -> {
            var user = users.get(userId);
            var role = roleId.substring("r-".length());
            if (user == null || !projects.contains(projectId) || !roles.contains(role)) {
                return new Reply.Missing<>();
            }
            if (user.roles.computeIfAbsent(projectId, key -> new TreeSet<>()).add(role)) {
                world.changed();
            }
            return Reply.done();
        });
    }

    @Override
    public Reply<List<Trust>> trustsTo(String trusteeId) {
        return call(
                "trusts to " + trusteeId,
                () -> new Reply.Done<>(trusts.values().stream()
                        .map(Delegation::trust)
                        .filter(trust -> trust.trusteeId().equals(trusteeId))
                        .toList()));
    }

    @Override
    public Reply<List<Trust>> trustsBetween(String trustorId, String trusteeId) {
        return call(
                "trusts from " + trustorId + " to " + trusteeId,
                () -> new Reply.Done<>(trusts.values().stream()
                        .map(Delegation::trust)
                        .filter(trust -> trust.trustorId().equals(trustorId)
                                && trust.trusteeId().equals(trusteeId))
                        .toList()));
    }

    @Override
    public Reply<Users> listUsers(String domainId) {
        return call(
                "list users",
                () -> new Reply.Done<>(new Users(
                        users.values().stream()
                                .filter(user -> user.domain.equals(domainId))
                                .map(ModelKeystone::seen)
                                .toList(),
                        // Whoever might not be listed might be there.
                        world.has(Mutation.KEEP_FOR_NOBODY))));
    }

    @Override
    public Reply<List<Trust>> trustsFrom(String trustorId) {
        return call("trusts from " + trustorId, () -> {
            var from = trusts.values().stream()
                    .map(Delegation::trust)
                    .filter(trust -> trust.trustorId().equals(trustorId))
                    .toList();
            seenFrom.put(trustorId, Set.copyOf(from));
            return new Reply.Done<>(from);
        });
    }

    /** Whether whoever asked last for the trusts from its trustor was shown this one. */
    boolean wasSeen(Trust trust) {
        return seenFrom.getOrDefault(trust.trustorId(), Set.of()).contains(trust);
    }

    @Override
    public Reply<Set<String>> rolesOf(String trustId) {
        return call(
                "roles of trust " + trustId, () -> found(trusts.get(trustId)).map(Delegation::roles));
    }

    @Override
    public Reply<Void> deleteTrust(String trustId) {
        return call("remove trust " + trustId, () -> found(trusts.get(trustId)).then(trust -> {
            removals.ofTrust(trust, world.process());
            removeTrust(trustId);
            return Reply.done();
        }));
    }

    @Override
    public Reply<Trust> createTrust(
            Trustor trustor, String trusteeId, String projectId, Set<String> roleNames, Instant expiresAt) {
        var what = "make a trust to " + trusteeId;
        return call(what, () -> {
            var user = users.get(trustor.userId());
            if (user == null || !user.enabled || !user.password.equals(trustor.password())) {
                return new Reply.Denied<>(401, "the trustor can't log in");
            }
            if (!projects.contains(projectId) || !effective(user, projectId).containsAll(roleNames)) {
                return new Reply.Denied<>(403, "the trustor holds no such role");
            }
            if (!users.containsKey(trusteeId)) {
                return new Reply.Missing<>();
            }
            // It does not look again: a trust to somebody who is removed meanwhile is made all the same, and stays.
            mayTakeItsTime(what);
            if (!taken.add(List.of(user.id, trusteeId, projectId, expiresAt))) {
                return new Reply.Conflict<>();
            }
            var trust = new Trust(id("t"), user.id, trusteeId, projectId, expiresAt);
            trusts.put(trust.id(), new Delegation(trust, new TreeSet<>(roleNames)));
            return new Reply.Done<>(trust);
        });
    }

    // ---- Tokens

    /** Why Keystone gives no token for a trust, nor takes one; {@code null} if it does. */
    @Nullable
    Reply<Token> refusal(String trustId) {
        var delegation = trusts.get(trustId);
        if (delegation == null) {
            return new Reply.Denied<>(401, "no such trust");
        }
        var trust = delegation.trust();
        var trustor = users.get(trust.trustorId());
        var trustee = users.get(trust.trusteeId());
        if (trustor == null || !trustor.enabled || trustee == null || !trustee.enabled) {
            return new Reply.Denied<>(403, "the trustor or the trustee is gone or disabled");
        }
        return effective(trustor, trust.projectId()).containsAll(delegation.roles())
                ? null
                : new Reply.Denied<>(403, "the trustor lost a role");
    }

    private Reply<Token> issue(@Nullable Account trustee, Secret password, String trustId) {
        if (trustee == null || !trustee.enabled || !trustee.password.equals(password)) {
            return new Reply.Denied<>(401, "the trustee can't log in");
        }
        var refusal = refusal(trustId);
        if (refusal != null) {
            return refusal;
        }
        if (!present(trusts.get(trustId)).trust().trusteeId().equals(trustee.id)) {
            return new Reply.Denied<>(403, "not its trustee");
        }
        return new Reply.Done<>(token(trustId));
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("was there a moment ago");
        }
        return value;
    }

    private Token token(String trustId) {
        var id = "token-" + ++ids;
        tokens.put(id, new Issued(trustId, passwords));
        return new Token(Secret.of(id), World.instant(world.now()).plus(LIFETIME), LIFETIME, "{}");
    }

    @Override
    public Reply<Token> issue(String trusteeId, Secret password, String trustId) {
        return call("token for trust " + trustId, () -> issue(users.get(trusteeId), password, trustId));
    }

    @Override
    public Reply<Token> issue(ServiceUser trustee, String trustId) {
        return call("token for trust " + trustId, () -> issue(account(trustee), trustee.password(), trustId));
    }

    private @Nullable Account account(ServiceUser user) {
        var domain = domains.get(user.domainName());
        return domain == null ? null : named(domain, user.name());
    }

    @Override
    public Reply<Token> logIn(ServiceUser user) {
        return call("log in as " + user.name(), () -> {
            var account = account(user);
            return account == null || !account.enabled || !account.password.equals(user.password())
                    ? new Reply.Denied<>(401, "can't log in")
                    : new Reply.Done<>(token("none"));
        });
    }

    @Override
    public Reply<Token> validate(Secret token) {
        return call("validate a token", () -> isGood(token) ? new Reply.Done<>(token("none")) : new Reply.Missing<>());
    }

    @Override
    public Reply<Void> revoke(Secret token) {
        throw new UnsupportedOperationException("no client of the simulation gives a token back");
    }

    @Override
    public Reply<Void> ping() {
        throw new UnsupportedOperationException("nobody asks for health in the simulation");
    }
}
