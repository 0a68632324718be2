package lanyard.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lanyard.common.delegation.TrustName;
import lanyard.common.delegation.UserNames;
import lanyard.common.events.CredentialFailed;
import lanyard.common.events.CredentialProvisioned;
import lanyard.common.events.EventCodec;
import lanyard.common.events.FailureReason;
import lanyard.common.events.Read;
import lanyard.simulation.Conductor.Cluster;
import lanyard.simulation.ModelKeystone.Account;
import lanyard.simulation.ModelKeystone.Delegation;
import lanyard.tokenissuer.SimulatedTokenIssuer;
import org.jspecify.annotations.Nullable;

/** What must be true: at the end, counted in Keystone and at the door and not in our tables; and of each removal when it is made. */
final class Invariants implements ModelKeystone.Removals {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final World world;
    private final ModelKafka kafka;
    private @Nullable ModelKeystone keystone;
    private @Nullable Conductor conductor;

    Invariants(World world, ModelKafka kafka) {
        this.world = world;
        this.kafka = kafka;
    }

    void watch(ModelKeystone watched, Conductor truth) {
        keystone = watched;
        conductor = truth;
    }

    private ModelKeystone keystone() {
        return present(keystone);
    }

    private Conductor conductor() {
        return present(conductor);
    }

    private static <T> T present(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the invariants watch nothing yet");
        }
        return part;
    }

    // ---- At each removal: what lives is left alone

    @Override
    public void ofTrust(Delegation trust, @Nullable Process by) {
        if (by != null && by.name.startsWith("revoker")) {
            conductor().clusters().stream()
                    .filter(cluster -> isOf(trust, cluster))
                    .forEach(this::requireOnItsWayOut);
        }
    }

    @Override
    public void ofUser(Account user, @Nullable Process by) {
        var cluster = conductor().clusterIfKnown(user.name);
        if (cluster != null) {
            requireOnItsWayOut(cluster);
        }
        for (var living : conductor().clusters()) {
            if (!living.deleted
                    && user.name.equals(UserNames.custodian(living.project))
                    && keystone().delegations().stream()
                            .anyMatch(trust -> trust.trust().trustorId().equals(user.id)
                                    && isOf(trust, living)
                                    && !isUnforeseen(trust, by))) {
                throw world.violated(
                        "what lives is left alone", "the custodian is removed on which %s stands".formatted(living.id));
            }
        }
    }

    /**
     * Whether a trust was made after the sweep had looked: no lock spans the services, and so the provisioner may take a custodian
     * that is just being removed into use. It makes another then.
     */
    private boolean isUnforeseen(Delegation trust, @Nullable Process by) {
        return by != null && by.name.startsWith("revoker") && !keystone().wasSeen(trust.trust());
    }

    private void requireOnItsWayOut(Cluster cluster) {
        if (!cluster.deleted) {
            throw world.violated("what lives is left alone", "something of %s is removed".formatted(cluster.id));
        }
    }

    private boolean isOf(Delegation trust, Cluster cluster) {
        var trustee = keystone().user(trust.trust().trusteeId());
        if (trustee == null || !trust.trust().projectId().equals(cluster.project)) {
            return false;
        }
        return trustee.name.equals(UserNames.ISSUER)
                ? TrustName.isOf(cluster.id, trust.trust().expiresAt())
                : trustee.name.equals(cluster.id);
    }

    // ---- At the end

    void check(List<Service> services, List<SimulatedTokenIssuer> doors) {
        for (var service : services) {
            checkOutbox(service.outbox());
        }
        checkDeadLetters();
        for (var cluster : conductor().clusters()) {
            if (conductor().isKnownToGo(cluster)) {
                checkGone(cluster, doors);
            } else if (conductor().isKnown(cluster)) {
                checkExisting(cluster, doors);
            }
        }
        checkUsers();
        if (world.plan.sweeps()) {
            checkTrustsToIssuer();
        }
    }

    private void checkExisting(Cluster cluster, List<SimulatedTokenIssuer> doors) {
        var excuses = excuses(cluster);
        for (var door : doors) {
            var wrong = whatIsWrong(cluster, door);
            if (wrong != null && !isToldAsFailed(cluster, excuses)) {
                throw new Violation(
                        "every cluster that exists has a working credential, or a reason was told",
                        "%s %s; the reason may be one of %s".formatted(cluster.id, wrong, excuses));
            }
            if (wrong == null) {
                checkSurplus(cluster, door);
            }
        }
    }

    /** The reasons for which there may be no credential. */
    private Set<FailureReason> excuses(Cluster cluster) {
        var excuses = EnumSet.noneOf(FailureReason.class);
        if (!cluster.ownerTold && !world.plan.asksConductor()) {
            excuses.add(FailureReason.OWNER_UNKNOWN);
        }
        // What a cluster was given once, no forged notification takes away.
        if (cluster.forgedProject != null && !wasProvisioned(cluster)) {
            excuses.add(FailureReason.DISPUTED);
            excuses.add(FailureReason.OWNER_HAS_NO_ROLE);
        }
        if (!keystone().hasProject(cluster.project)) {
            excuses.add(FailureReason.PROJECT_GONE);
            excuses.add(FailureReason.OWNER_HAS_NO_ROLE);
        }
        var held = new HashSet<>(keystone().held(cluster.owner, cluster.project));
        held.retainAll(Set.of("member", "load-balancer_member"));
        if (held.isEmpty()) {
            excuses.add(FailureReason.OWNER_HAS_NO_ROLE);
        }
        return excuses;
    }

    private boolean wasProvisioned(Cluster cluster) {
        return kafka.all(ModelKafka.CREDENTIALS, cluster.id).stream()
                .anyMatch(record -> EventCodec.read(record.value())
                        instanceof Read.Event(CredentialProvisioned told, var _, var _, var _));
    }

    private boolean isToldAsFailed(Cluster cluster, Set<FailureReason> excuses) {
        return kafka.all(ModelKafka.CREDENTIALS, cluster.id).stream()
                .anyMatch(record -> EventCodec.read(record.value())
                                instanceof Read.Event(CredentialFailed failed, var _, var _, var _)
                        && excuses.contains(failed.reason()));
    }

    /** Why a cluster is not served as it should be; {@code null} if it is. */
    private @Nullable String whatIsWrong(Cluster cluster, SimulatedTokenIssuer door) {
        var served = door.served(cluster.id);
        if (served == null || served.isEmpty()) {
            return "is not served";
        }
        for (var one : served.entrySet()) {
            if (one.getValue().backend() < cluster.wantedBackend) {
                return "is served with an older backend than was asked for";
            }
            var refusal = keystone().refusal(one.getValue().trust());
            if (refusal != null) {
                return "gets no token for %s: %s".formatted(one.getKey(), refusal);
            }
        }
        return door.clientGeneration(cluster.id) < cluster.wantedClient
                ? "has an older client credential than was asked for"
                : door.logIn(cluster.id) ? null : "can't log in";
    }

    private void checkSurplus(Cluster cluster, SimulatedTokenIssuer door) {
        var announced = new TreeSet<String>();
        present(door.served(cluster.id)).values().forEach(one -> announced.add(one.trust()));
        for (var trust : keystone().delegations()) {
            if (isOf(trust, cluster) && !announced.contains(trust.trust().id())) {
                throw new Violation(
                        "no trust is left over",
                        "%s has %s beside %s"
                                .formatted(cluster.id, trust.trust().id(), announced));
            }
        }
    }

    private void checkGone(Cluster cluster, List<SimulatedTokenIssuer> doors) {
        for (var trust : keystone().delegations()) {
            if (isOf(trust, cluster)) {
                throw new Violation(
                        "nothing of a cluster that is gone is left",
                        "%s has trust %s".formatted(cluster.id, trust.trust().id()));
            }
        }
        for (var door : doors) {
            if (door.served(cluster.id) != null) {
                throw new Violation("nothing revoked is served", cluster.id + " is served");
            }
        }
    }

    private void checkUsers() {
        var allowed = new HashSet<String>(Set.of(UserNames.ISSUER));
        for (var cluster : conductor().existing()) {
            allowed.add(cluster.id);
            allowed.add(UserNames.custodian(cluster.project));
            if (cluster.forgedProject != null) {
                // Who owns it shows only after the custodian was made.
                allowed.add(UserNames.custodian(cluster.forgedProject));
            }
        }
        for (var user : keystone().ownUsers()) {
            if (!allowed.contains(user.name)) {
                throw new Violation("nothing of a cluster that is gone is left", "user " + user.name);
            }
        }
    }

    private void checkTrustsToIssuer() {
        for (var trust : keystone().delegations()) {
            var trustee = keystone().user(trust.trust().trusteeId());
            if (trustee != null
                    && trustee.name.equals(UserNames.ISSUER)
                    && conductor().existing().stream().noneMatch(cluster -> isOf(trust, cluster))) {
                throw new Violation(
                        "nothing of a cluster that is gone is left",
                        "trust " + trust.trust().id());
            }
        }
    }

    /** All that was committed to an outbox is on its topic, and that of one key is in its order. */
    private void checkOutbox(OutboxTable outbox) {
        Map<ByteBuffer, Integer> places = new HashMap<>();
        for (var topic : List.of(ModelKafka.CREDENTIALS, ModelKafka.DEAD_LETTERS)) {
            for (var record : kafka.all(topic)) {
                places.putIfAbsent(ByteBuffer.wrap(record.value()), places.size());
            }
        }
        Map<String, Integer> last = new TreeMap<>();
        for (var message : outbox.messages()) {
            var place = places.get(ByteBuffer.wrap(message.body()));
            if (place == null) {
                throw new Violation(
                        "what is committed is told", "a message of %s is on no topic".formatted(message.key()));
            }
            if (message.key() != null) {
                var before = last.put(message.key(), place);
                if (before != null && before > place) {
                    throw new Violation("the events of a cluster keep their order", message.key());
                }
            }
        }
    }

    private void checkDeadLetters() {
        var places = new TreeSet<String>();
        for (var record : kafka.all(ModelKafka.DEAD_LETTERS)) {
            try {
                var letter = JSON.readTree(record.value());
                places.add("%s/%d@%d"
                        .formatted(
                                letter.path("topic").asText(),
                                letter.path("partition").asInt(),
                                letter.path("offset").asLong()));
            } catch (IOException e) {
                throw new UncheckedIOException(new String(record.value(), StandardCharsets.UTF_8), e);
            }
        }
        if (!places.equals(conductor().poison())) {
            throw new Violation(
                    "dead letters are of poison",
                    "letters are of %s, poison was at %s"
                            .formatted(places, new ArrayList<>(conductor().poison())));
        }
    }
}
